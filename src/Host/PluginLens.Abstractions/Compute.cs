namespace PluginLens;

/// <summary>
/// Heavy linear algebra as a host service: every plugin gets the fast path. Products over the vocabulary are streamed;
/// V x V is never formed. Results are identical for every number of threads. Order: score, then lower row, then lower column.
/// NaN and infinity in the input are refused. Long calls watch <see cref="AnalysisContext.Cancellation"/>.
/// </summary>
public abstract class Compute
{
    /// <summary>Threads in use.</summary>
    public abstract int Threads { get; }

    /// <summary>The k largest (or smallest) entries of A·Bᵀ, exactly, in order.</summary>
    /// <param name="a">Rows to pair, <c>n x r</c>.</param>
    /// <param name="b">Columns to pair, <c>m x r</c>.</param>
    /// <param name="query">How many, and which take part.</param>
    public abstract IReadOnlyList<ScoredPair> TopPairs(Matrix a, Matrix b, PairQuery query);

    /// <summary>For each row of X·Bᵀ its k best columns, exactly, in order.</summary>
    /// <param name="x">Vectors, <c>n x d</c>.</param>
    /// <param name="b">The vocabulary, <c>V x d</c> (W_E, or <c>WU.Transpose()</c>).</param>
    /// <param name="query">How many, and which take part.</param>
    public abstract RowTopK TopRows(Matrix x, Matrix b, RowQuery query);

    /// <summary>A·B in float32.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <returns><c>n x m</c>, row-major.</returns>
    public abstract Matrix Multiply(Matrix a, Matrix b);

    /// <summary>A·B in float32 into memory that the caller uses again.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <param name="product">Receives <c>n x m</c>, row-major.</param>
    public virtual void Multiply(Matrix a, Matrix b, Span<float> product) => Multiply(a, b).Data.Span.CopyTo(product);

    /// <summary>AᵀB in float64.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>n x m</c>.</param>
    /// <returns><c>r x m</c>.</returns>
    public abstract Matrix64 Gram(Matrix a, Matrix b);

    /// <summary>A·B in float64.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <returns><c>n x m</c>.</returns>
    public abstract Matrix64 Multiply(Matrix64 a, Matrix64 b);

    /// <summary>The mean row of a matrix in float64.</summary>
    /// <param name="a">Rows, <c>n x r</c>.</param>
    /// <returns><c>[r]</c>.</returns>
    public abstract double[] MeanRow(Matrix a);

    /// <summary>Kernels of two embeddings of one vocabulary.</summary>
    /// <param name="e1">First, <c>n x d1</c>.</param>
    /// <param name="e2">Second, <c>n x d2</c>.</param>
    public abstract PearsonKernel PearsonKernel(Matrix e1, Matrix e2);

    /// <summary>Correlation over the vocabulary of every pair of vectors; a constant vector correlates 0.</summary>
    /// <param name="kernel">Of the two embeddings.</param>
    /// <param name="x">Vectors of the first model, <c>r1 x d1</c>.</param>
    /// <param name="y">Vectors of the second model, <c>r2 x d2</c>.</param>
    /// <returns><c>r1 x r2</c>.</returns>
    public abstract Matrix64 Correlations(PearsonKernel kernel, Matrix x, Matrix y);

    /// <summary>Correlation over the coordinates of every pair of vectors; a constant vector correlates 0.</summary>
    /// <param name="x">Vectors, <c>r1 x d</c>.</param>
    /// <param name="y">Vectors, <c>r2 x d</c>.</param>
    /// <returns><c>r1 x r2</c>.</returns>
    public abstract Matrix64 Correlations(Matrix x, Matrix y);

    /// <summary>Mean absolute correlation of all pairs of vectors of two groups, for every pair of groups, without holding them.</summary>
    /// <param name="kernel">Of the two embeddings.</param>
    /// <param name="x">Groups of the first model (its layers), each <c>r1 x d1</c>.</param>
    /// <param name="y">Groups of the second model, each <c>r2 x d2</c>.</param>
    /// <returns>Groups of the first model x groups of the second.</returns>
    public abstract Matrix64 MeanAbsoluteCorrelations(PearsonKernel kernel, IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y);

    /// <summary>The same over coordinates instead of the vocabulary; see <see cref="Correlations(Matrix, Matrix)"/>.</summary>
    /// <param name="x">Groups, each <c>r1 x d</c>.</param>
    /// <param name="y">Groups, each <c>r2 x d</c>.</param>
    /// <returns>Groups of x times groups of y.</returns>
    public abstract Matrix64 MeanAbsoluteCorrelations(IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y);

    /// <summary>Solves <c>S X = B</c> by Cholesky; S that is not positive definite is refused.</summary>
    /// <param name="s">Symmetric positive definite, <c>n x n</c>; its lower half is read.</param>
    /// <param name="b">Right sides, <c>n x m</c>.</param>
    /// <returns>X, <c>n x m</c>.</returns>
    public abstract Matrix64 Solve(Matrix64 s, Matrix64 b);

    /// <summary>
    /// The map K with <c>h K</c> nearest to h's tokens in the other embedding: <c>K = Aᵀ(Bᵀ)⁺ = (AᵀB)(BᵀB)⁺</c>, B of any rank
    /// (centred embeddings lack one).
    /// </summary>
    /// <param name="a">Embedding of the donor, <c>n x d1</c>.</param>
    /// <param name="b">Embedding of the receiver, <c>n x d2</c>.</param>
    /// <returns><c>d1 x d2</c>.</returns>
    public abstract Matrix64 StitchKernel(Matrix a, Matrix b);

    /// <summary>The transposed pseudo-inverse of a tall matrix of any rank, <c>(E⁺)ᵀ = E (EᵀE)⁺</c>, rounded to float32.</summary>
    /// <param name="e">An embedding, <c>n x d</c>.</param>
    /// <returns><c>n x d</c>.</returns>
    public abstract Matrix TransposedPseudoInverse(Matrix e);

    /// <summary>Singular value decomposition of A·Bᵀ without forming it.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>m x r</c>.</param>
    public abstract ThinSvd Svd(Matrix a, Matrix b);

    /// <summary>Eigenvalues of a symmetric matrix, descending (of a Gram matrix: squared singular values).</summary>
    /// <param name="s">Symmetric, <c>n x n</c>; its lower half is read.</param>
    public abstract double[] Eigenvalues(Matrix64 s);

    /// <summary>The assignment of least total cost (Hungarian algorithm), each row and column used at most once.</summary>
    /// <param name="cost">Costs, <c>n x m</c>; negate similarities.</param>
    /// <returns>The column of each row, -1 = none (more rows than columns), <c>[n]</c>.</returns>
    public abstract int[] Assign(Matrix64 cost);

    /// <summary>A copy in which each row keeps its k entries of largest magnitude (lowest index where tied) and is zero elsewhere.</summary>
    /// <param name="x">Rows, <c>n x m</c>.</param>
    /// <param name="k">How many; more than m keeps all.</param>
    public abstract Matrix KeepLargest(Matrix x, int k);

    /// <summary>Coordinates of rows along their directions of largest variance; signs as <see cref="ThinSvd"/> says.</summary>
    /// <param name="x">Rows, <c>n x d</c>; thousands where few components are asked for, hundreds for all of them.</param>
    /// <param name="components">How many; fewer where there are fewer rows or columns.</param>
    /// <returns><c>n x components</c>.</returns>
    public abstract Matrix64 PrincipalComponents(Matrix x, int components);

    /// <summary>
    /// A t-SNE map of rows, started from their principal components: nothing is random. Exact up to 500 different rows; above, and for at most 3 components, P is kept for the nearest
    /// 3 x perplexity + 1 rows, and far points push in groups (Barnes-Hut, theta 0.5). Closeness in the map is Student's t with max(components - 1, 1) degrees of freedom.
    /// Equal rows lie on one spot.
    /// </summary>
    /// <param name="x">Rows, <c>n x d</c>; thousands.</param>
    /// <param name="components">Dimensions of the map.</param>
    /// <param name="perplexity">Effective number of neighbours; less than n.</param>
    /// <param name="learningRate">Step size.</param>
    /// <param name="steps">Steps of gradient descent.</param>
    /// <returns>The map, <c>n x components</c>, and the divergence KL(P || Q) that is left.</returns>
    public abstract (Matrix64 Map, double Divergence) TSne(Matrix x, int components, double perplexity, double learningRate, int steps);

    /// <summary>A UMAP map of rows: exact neighbours, spectral start, spread 1, 5 points pushed away for each that attracts. Equal rows lie on one spot and count once.</summary>
    /// <param name="x">Rows, <c>n x d</c>; thousands.</param>
    /// <param name="components">Dimensions of the map.</param>
    /// <param name="neighbours">Neighbours of a row, itself among them, at least 2; as many as there are different rows where those are fewer.</param>
    /// <param name="leastDistance">How close neighbours may lie in the map (min_dist), 0 to 1.</param>
    /// <param name="epochs">Passes over the links.</param>
    /// <param name="seed">Of the random numbers; a seed gives one map.</param>
    /// <returns><c>n x components</c>.</returns>
    public abstract Matrix64 Umap(Matrix x, int components, int neighbours, double leastDistance, int epochs, int seed);
}
