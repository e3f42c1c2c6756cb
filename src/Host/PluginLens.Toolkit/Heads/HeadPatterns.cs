namespace PluginLens.Toolkit;

/// <summary>
/// Patterns and messages of attention heads (McCormick, "Patterns and Messages"): what a query looks for, <c>q W_Kᵀ</c>; what a key answers to,
/// <c>k W_Qᵀ</c>; what is written when a token is attended to, <c>v W_O</c>. All are vectors of width d_model, through d_head: W_Q W_Kᵀ and
/// W_V W_O are never formed. q, k and v come from vectors (<see cref="Read"/>) or from hooks (<see cref="OfHead"/>), which hold norm, biases and positions.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="compute">The compute service.</param>
public sealed class HeadPatterns(Model model, Compute compute)
{
    /// <summary><c>x W + b</c>: vectors as a head reads them.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models use its key-value head for K and V.</param>
    /// <param name="matrix">Q, K or V.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>: rows of W_E, or states after the norm before the heads.</param>
    /// <param name="biases">Whether b_Q, b_K or b_V is added, where the model has one.</param>
    /// <returns><c>n x d_head</c>.</returns>
    /// <exception cref="ArgumentException">W_O writes.</exception>
    public Matrix Read(int layer, int head, HeadMatrix matrix, Matrix x, bool biases = true)
    {
        var read = compute.Multiply(x, matrix switch
        {
            HeadMatrix.Q => model.WQ(layer, head),
            HeadMatrix.K => model.WK(layer, head),
            HeadMatrix.V => model.WV(layer, head),
            _ => throw new ArgumentException("A head reads with W_Q, W_K and W_V; messages pass through W_O.", nameof(matrix)),
        });
        return biases ? Shifted(read, HeadBias.Of(model, layer, head, matrix), sign: 1) : read;
    }

    /// <summary>Queries, keys or values of a hook with the head's own bias taken off again.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="matrix">Q, K or V: what the hook holds.</param>
    /// <param name="rows">Rows of <see cref="OfHead"/>, <c>n x d_head</c>.</param>
    /// <returns><c>n x d_head</c>.</returns>
    public Matrix WithoutBias(int layer, int head, HeadMatrix matrix, Matrix rows) => Shifted(rows, HeadBias.Of(model, layer, head, matrix), sign: -1);

    /// <summary>What queries look for, in the space of what keys are read from: <c>q W_Kᵀ</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="queries">Queries, <c>n x d_head</c>; rotary models: rotated by the offset and by 0 (see <see cref="Rotary"/>).</param>
    /// <returns><c>n x d_model</c>.</returns>
    public Matrix OfQueries(int layer, int head, Matrix queries) => compute.Multiply(queries, model.WK(layer, head).Transpose());

    /// <summary>What keys answer to, in the space of what queries are read from: <c>k W_Qᵀ</c>. b_Q would add the same to every query's score.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="keys">Keys, <c>n x d_head</c>; rotary models: rotated by minus the offset and by 0.</param>
    /// <returns><c>n x d_model</c>.</returns>
    public Matrix OfKeys(int layer, int head, Matrix keys) => compute.Multiply(keys, model.WQ(layer, head).Transpose());

    /// <summary>What a head writes for values (hook_v) or for their weighted sums (hook_z): <c>v W_O</c>, without b_O.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="values">Values, <c>n x d_head</c>.</param>
    /// <returns><c>n x d_model</c>.</returns>
    public Matrix Messages(int layer, int head, Matrix values) => compute.Multiply(values, model.WO(layer, head));

    /// <summary>One head of hook_q, hook_k, hook_v or hook_z; copies nothing.</summary>
    /// <param name="activation"><c>[batch, pos, heads, d_head]</c>; key-value heads where the hook has them.</param>
    /// <param name="row">Row of the batch.</param>
    /// <param name="head">Query head.</param>
    /// <returns><c>pos x d_head</c>.</returns>
    public Matrix OfHead(Tensor activation, int row, int head)
    {
        var (positions, heads, width) = (activation.Shape[1], activation.Shape[2], activation.Shape[3]);
        var stored = heads == model.Config.NHeads ? head : model.Config.KeyValueHeadOf(head);
        var data = activation[row].Data;
        return new Matrix(data[(stored * width)..], positions, width, heads * width, 1);
    }

    /// <summary>Patterns or messages of several heads under one another, so that one search serves them all.</summary>
    /// <param name="heads">Query heads.</param>
    /// <param name="ofHead">The vectors of a head, <c>n x d_model</c>; as many for each.</param>
    /// <returns><c>(heads * n) x d_model</c>, the vectors of the first head first.</returns>
    public static Matrix Stacked(IReadOnlyList<int> heads, Func<int, Matrix> ofHead)
    {
        var (rows, width) = (0, 0);
        float[] stacked = [];
        foreach (var (at, head) in heads.Index())
        {
            var part = ofHead(head);
            if (at == 0)
            {
                (rows, width) = (part.Rows, part.Columns);
                stacked = new float[heads.Count * rows * width];
            }

            for (var row = 0; row < rows; row++)
            {
                part.CopyRow(row, stacked.AsSpan(((at * rows) + row) * width, width));
            }
        }

        return new Matrix(stacked, heads.Count * rows, width);
    }

    /// <summary>What stacked patterns or messages cost.</summary>
    /// <param name="config">The model.</param>
    /// <param name="heads">How many heads.</param>
    /// <param name="vectors">Vectors of each.</param>
    /// <param name="products">Products with a matrix of the head that each takes: 2 from vectors of width d_model, 1 from a hook of width d_head.</param>
    public static Cost CostOf(ModelConfig config, double heads, double vectors, int products) => Costs.Sum(
        Costs.Times(products * heads, Costs.Product(vectors, config.DModel, config.DHead)),
        new Cost(0, 2 * sizeof(float) * heads * vectors * config.DModel));

    private static Matrix Shifted(Matrix rows, ReadOnlySpan<float> bias, int sign)
    {
        if (bias.IsEmpty)
        {
            return rows;
        }

        var shifted = new float[rows.Rows * rows.Columns];
        for (var row = 0; row < rows.Rows; row++)
        {
            var target = shifted.AsSpan(row * rows.Columns, rows.Columns);
            rows.CopyRow(row, target);
            for (var column = 0; column < target.Length; column++)
            {
                target[column] += sign * bias[column];
            }
        }

        return new Matrix(shifted, rows.Rows, rows.Columns);
    }
}
