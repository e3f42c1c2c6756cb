namespace PluginLens.Plugins.Parameters;

/// <summary>
/// Is <c>EᵀE</c> near <c>alpha I</c>, so that Eᵀ can stand for the inverse of E? For W_E and W_U: alpha = tr(EᵀE)/d, the relative deviation
/// <c>|EᵀE - alpha I| / (alpha sqrt(d))</c>, the singular values, and the share V|mu|²/|E|² of the mean vector. Dar et al., "Analyzing Transformers in Embedding
/// Space", section 3, which argues that the deviation is small.
/// </summary>
[Analysis("isotropy", "How isotropic the embeddings are",
    Answers = "Distance of the embedding's Gram matrix from a multiple of the identity, singular values, and the share of the mean vector.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 3")]
[Holds(Verdict.Exact, "it reads the embeddings alone")]
[Writes("isotropy", typeof(MatrixIsotropy))]
[Writes("singular-values", typeof(SingularValue))]
public sealed class Isotropy : IAnalysis, IPlanned
{
    /// <inheritdoc/>
    public void Run(AnalysisContext context)
    {
        var model = context.Model;
        var table = context.Results.Table<MatrixIsotropy>("isotropy");
        var spectrum = context.Results.Table<SingularValue>("singular-values", groupBy: 1);
        context.Results.Note($"all rows, padding included; weights {model.Config.ProcessingName}{(model.Config.Tied ? "; W_U is W_E transposed" : string.Empty)}");
        var series = new List<Series>();
        foreach (var name in model.HasWeight("unembed.W_U") ? new[] { "W_E", "W_U" } : ["W_E"])
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var embedding = name == "W_E" ? model.WE : model.WU.Transpose();
            var gram = context.Compute.Gram(embedding, embedding);
            double[] values = [.. context.Compute.Eigenvalues(gram).Select(value => Math.Sqrt(Math.Max(0, value)))];
            table.Add(Measure(name, embedding, gram, context.Compute.MeanRow(embedding), values));
            var energy = values.Sum(value => value * value);
            var share = 0.0;
            for (var at = 0; at < values.Length; at++)
            {
                share += energy == 0 ? 0 : values[at] * values[at] / energy;
                spectrum.Add(new SingularValue(name, at + 1, values[at], Math.Min(1, share)));
            }

            series.Add(new Series(name, [.. values.Select(value => (double?)value)]));
        }

        context.Results.Figure("singular-values", new Chart("Singular values of the embeddings", "rank", "singular value", [.. series[0].Values.Select((_, at) => $"{at + 1}")], series));
    }

    /// <inheritdoc/>
    public Cost? Plan(AnalysisContext context)
    {
        var (model, d) = (context.Model, (double)context.Model.Config.DModel);
        var matrices = model.HasWeight("unembed.W_U") ? 2 : 1;
        var gram = Costs.Product(d, model.Config.DVocab, d, sizeof(double));
        var rest = new Cost((4 * d * d * d) + (model.Config.DVocab * d), 2 * sizeof(double) * d * d);
        return Costs.Sum(Costs.Widened(model), Costs.Times(matrices, Costs.Sum(gram, rest)), Costs.Rows<MatrixIsotropy>(matrices), Costs.Rows<SingularValue>(2 * matrices * d));
    }

    private static MatrixIsotropy Measure(string name, Matrix embedding, Matrix64 gram, double[] mean, double[] values)
    {
        var d = gram.Rows;
        var trace = Enumerable.Range(0, d).Sum(at => gram[at, at]);
        if (trace == 0)
        {
            throw new ModelException($"{name} is zero everywhere; nothing can be said about its directions.");
        }

        var alpha = trace / d;
        var (deviation, square) = (0.0, 0.0);
        for (var row = 0; row < d; row++)
        {
            for (var column = 0; column < d; column++)
            {
                var entry = gram[row, column];
                square += entry * entry;
                entry -= row == column ? alpha : 0;
                deviation += entry * entry;
            }
        }

        return new MatrixIsotropy(
            name, embedding.Rows, d, alpha, Math.Sqrt(deviation) / (alpha * Math.Sqrt(d)), trace / Math.Sqrt(square * d),
            embedding.Rows * mean.Sum(value => value * value) / trace, values[0], values[^1]);
    }
}

/// <summary>How far EᵀE is from a multiple of the identity.</summary>
/// <param name="Matrix"><c>W_E</c> or <c>W_U</c>.</param>
/// <param name="Tokens">Rows.</param>
/// <param name="Width">Columns d.</param>
/// <param name="Alpha">tr(EᵀE)/d.</param>
/// <param name="Deviation">|EᵀE - alpha I| / (alpha sqrt(d)); 0 = isotropic.</param>
/// <param name="Cosine">Cosine between EᵀE and the identity; 1 = isotropic.</param>
/// <param name="MeanShare">Share of the squared norm that lies in the mean vector, 0 to 1.</param>
/// <param name="LargestSingularValue">Of E.</param>
/// <param name="SmallestSingularValue">Of E.</param>
public sealed record MatrixIsotropy(
    string Matrix, int Tokens, int Width, double Alpha, double Deviation, double Cosine, double MeanShare, double LargestSingularValue, double SmallestSingularValue);

/// <summary>One singular value.</summary>
/// <param name="Matrix"><c>W_E</c> or <c>W_U</c>.</param>
/// <param name="Rank">1 = largest.</param>
/// <param name="Value">Singular value.</param>
/// <param name="EnergyShare">Share of the squared norm in this and all larger ones, 0 to 1.</param>
public sealed record SingularValue(string Matrix, int Rank, double Value, double EnergyShare);
