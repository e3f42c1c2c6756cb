namespace PluginLens.Plugins.Attribution;

/// <summary>Terms of one kind in one layer: vectors that the stream gets, each times a weight at every token.</summary>
/// <param name="Kind">What the terms are.</param>
/// <param name="Layer">Layer; none for embeddings.</param>
/// <param name="Vectors">The terms, <c>n x d_model</c>.</param>
/// <param name="Weights">Weights of equal parts of the terms, <c>pos x n / parts</c> each (a part for each head); empty: term i stands in the column of token i alone, with weight 1.</param>
/// <param name="Run">The pass that they are from.</param>
internal sealed record StreamBlock(StreamTermKind Kind, int? Layer, Matrix Vectors, IReadOnlyList<Matrix> Weights, PluginLens.Activations Run)
{
    private int PerPart => Vectors.Rows / Math.Max(1, Weights.Count);

    /// <summary>Head or neuron of a term.</summary>
    /// <param name="row">Which.</param>
    public int? Index(int row) => Kind switch { StreamTermKind.Message => row / PerPart, StreamTermKind.Neuron => row, _ => null };

    /// <summary>The position that a term comes from.</summary>
    /// <param name="row">Which.</param>
    public int? Source(int row) => Kind switch { StreamTermKind.Message => row % PerPart, StreamTermKind.Embedding or StreamTermKind.Position => row, _ => null };

    /// <summary>The weight of a term at a token.</summary>
    /// <param name="position">The token.</param>
    /// <param name="row">Which term.</param>
    public float Weight(int position, int row) => Weights.Count == 0 ? (position == row ? 1 : 0) : Weights[row / PerPart].Row(position)[row % PerPart];

    /// <summary>Length of each term, in float64, <c>[n]</c>.</summary>
    public double[] Lengths()
    {
        var (lengths, row) = (new double[Vectors.Rows], new float[Vectors.Columns]);
        for (var at = 0; at < lengths.Length; at++)
        {
            Vectors.CopyRow(at, row);
            lengths[at] = Math.Sqrt(row.Sum(value => (double)value * value));
        }

        return lengths;
    }

    /// <summary>Adds the terms times their weights.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="sum">Receives them, <c>pos x d_model</c>.</param>
    public void AddTo(Compute compute, double[] sum)
    {
        if (Weights.Count == 0)
        {
            Add(Vectors);
        }

        foreach (var (part, weights) in Weights.Index())
        {
            Add(compute.Multiply(weights, Vectors.Slice(part * PerPart, PerPart)));
        }

        void Add(Matrix rows)
        {
            var row = new float[rows.Columns];
            for (var position = 0; position < rows.Rows; position++)
            {
                rows.CopyRow(position, row);
                for (var at = 0; at < row.Length; at++)
                {
                    sum[(position * row.Length) + at] += row[at];
                }
            }
        }
    }
}

/// <summary>What a term of the residual stream is.</summary>
public enum StreamTermKind
{
    /// <summary>Token embedding, or what enters block 0 where that is no sum of embeddings.</summary>
    Embedding,

    /// <summary>Position embedding.</summary>
    Position,

    /// <summary>What a head writes for a token that is attended to; its weight is the attention.</summary>
    Message,

    /// <summary>b_O of a layer.</summary>
    AttentionBias,

    /// <summary>A row of W_out; its weight is the activation of the neuron.</summary>
    Neuron,

    /// <summary>b_out of a layer.</summary>
    MlpBias,
}
