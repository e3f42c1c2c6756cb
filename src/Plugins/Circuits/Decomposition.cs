namespace PluginLens.Plugins.Circuits;

/// <summary>One decomposed matrix: of a head the left vectors are what goes in, of an MLP they are neurons and the right ones vectors of width d_model.</summary>
/// <param name="matrix">What it is.</param>
/// <param name="layer">Layer.</param>
/// <param name="head">Query head; null for MLPs.</param>
/// <param name="svd">The decomposition.</param>
/// <param name="asked">Directions asked for.</param>
/// <param name="config">The model.</param>
internal sealed class Decomposition(CircuitMatrix matrix, int layer, int? head, ThinSvd svd, int asked, ModelConfig config)
{
    private static readonly DirectionEnd[] Ends = [DirectionEnd.Plus, DirectionEnd.Minus];

    /// <summary>What it is.</summary>
    public CircuitMatrix Matrix => matrix;

    /// <summary>Layer.</summary>
    public int Layer => layer;

    /// <summary>Query head.</summary>
    public int? Head => head;

    /// <summary>Directions that are listed: beyond float32 rounding, which the weights carry, they point anywhere.</summary>
    public int Count { get; } = Math.Min(asked, svd.S.Count(value => value > svd.S[0] * Math.Max(svd.U.Rows, svd.V.Rows) / (1 << 23)));

    /// <summary>Every listed end, direction after direction.</summary>
    public IEnumerable<(int Direction, DirectionEnd End)> Listed => Enumerable.Range(0, Count).SelectMany(direction => Ends.Select(end => (direction, end)));

    /// <summary>Rows of the table of directions.</summary>
    public IEnumerable<CircuitDirection> Directions()
    {
        var (energy, sum) = (svd.S.Sum(value => value * value), 0.0);
        for (var at = 0; at < Count; at++)
        {
            sum += svd.S[at] * svd.S[at];
            yield return new CircuitDirection(matrix, layer, head, at + 1, svd.S[at], svd.S[at] * svd.S[at] / energy, Math.Min(1, sum / energy));
        }
    }

    /// <summary>The vectors of all listed ends that meet the vocabulary, each <c>d_model</c> wide: what goes in (null where that is neurons), what comes out (likewise).</summary>
    public (List<float[]>? From, List<float[]>? To) Vectors() => matrix switch
    {
        CircuitMatrix.Out => (null, Of(svd.V)),
        CircuitMatrix.In or CircuitMatrix.Gate => (Of(svd.V), null),
        _ => (Of(svd.U), Of(svd.V)),
    };

    /// <summary>The neurons with the largest components at each end; none for heads.</summary>
    /// <param name="k">How many.</param>
    public IEnumerable<DirectionNeuron> Neurons(int k) => !Decompositions.IsMlp(matrix) ? [] : Listed.SelectMany(listed =>
    {
        var sign = Sign(listed.End);
        return Enumerable.Range(0, svd.U.Rows).OrderByDescending(neuron => sign * svd.U[neuron, listed.Direction]).ThenBy(neuron => neuron).Take(Math.Min(k, config.DMlp))
            .Select((neuron, at) => new DirectionNeuron(matrix, layer, listed.Direction + 1, listed.End, at + 1, neuron, sign * svd.U[neuron, listed.Direction]));
    });

    private static int Sign(DirectionEnd end) => end == DirectionEnd.Plus ? 1 : -1;

    private List<float[]> Of(Matrix64 vectors) => [.. Listed.Select(listed =>
        Enumerable.Range(0, vectors.Rows).Select(row => (float)(Sign(listed.End) * vectors[row, listed.Direction])).ToArray())];
}
