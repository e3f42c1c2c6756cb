namespace PluginLens.Plugins.Circuits;

/// <summary>Singular value decompositions of a layer's matrices.</summary>
internal sealed class Decompositions
{
    private readonly AnalysisContext _context;
    private readonly CircuitSvdOptions _options;
    private readonly FoldedWeights _weights;
    private readonly CircuitFactors _heads;

    /// <summary>Refuses what the model does not have.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Matrices, heads, norms.</param>
    public Decompositions(AnalysisContext context, CircuitSvdOptions options)
    {
        (_context, _options) = (context, options);
        var config = context.Model.Config;
        _weights = new FoldedWeights(context.Model, options.Fold, "--fold");
        _heads = new CircuitFactors(context, _weights);
        if (options.Matrix.Length == 0)
        {
            throw new UsageException("--matrix is empty; give some of ov, qk, in, gate, out.");
        }

        foreach (var matrix in options.Matrix.Where(IsMlp))
        {
            var lacks = config.AttnOnly ? "has no MLPs" : config.Traits.Contains(Trait.Experts) ? "has experts in place of one MLP"
                : matrix == CircuitMatrix.Gate && !config.GatedMlp ? "has MLPs without a gate" : null;
            if (lacks is not null)
            {
                throw new UsageException($"--matrix {$"{matrix}".ToLowerInvariant()}: model '{config.Name}' {lacks}; use {(config.AttnOnly || config.Traits.Contains(Trait.Experts) ? "ov or qk" : "in or out")}.");
            }
        }
    }

    /// <summary>What was done to the weights, for notes.</summary>
    public string Description => _weights.Description ?? "weights as they are";

    /// <summary>Whether a matrix belongs to the MLP.</summary>
    /// <param name="matrix">The matrix.</param>
    public static bool IsMlp(CircuitMatrix matrix) => matrix is CircuitMatrix.In or CircuitMatrix.Gate or CircuitMatrix.Out;

    /// <summary>Directions that a matrix can have.</summary>
    /// <param name="config">The model.</param>
    /// <param name="matrix">The matrix.</param>
    public static int Rank(ModelConfig config, CircuitMatrix matrix) => Math.Min(config.DModel, IsMlp(matrix) ? config.DMlp : config.DHead);

    /// <summary>The chosen heads of a layer, or its MLP.</summary>
    /// <param name="matrix">What is decomposed.</param>
    /// <param name="layer">Layer.</param>
    public List<Decomposition> Of(CircuitMatrix matrix, int layer)
    {
        var config = _context.Model.Config;
        if (IsMlp(matrix))
        {
            return [new Decomposition(matrix, layer, null, Mlp(matrix, layer), _options.Directions, config)];
        }

        var heads = _options.Head.Of(config.NHeads, "head");
        var circuit = matrix == CircuitMatrix.Ov ? Circuit.OV : Circuit.QK;
        return [.. InOrder.Of(_context, heads.Count, at => _heads.Of(circuit, layer, heads[at]), _ => 2L * sizeof(double) * config.DModel * config.DHead)
            .Select((svd, at) => new Decomposition(matrix, layer, heads[at], svd, _options.Directions, config))];
    }

    /// <summary>What a layer costs.</summary>
    /// <param name="matrix">What is decomposed.</param>
    /// <param name="count">Heads, or 1.</param>
    public Cost CostOf(CircuitMatrix matrix, double count)
    {
        double d = _context.Model.Config.DModel, f = _context.Model.Config.DMlp, r = Math.Min(d, f);
        return IsMlp(matrix)
            ? new Cost((12 * Math.Max(d, f) * r * r) + (130 * r * r * r), sizeof(double) * ((5 * f * d) + (8 * r * r)))
            : Costs.Sum(CircuitFactors.CostOf(_context, count), new Cost(0, 2 * sizeof(double) * count * d * _context.Model.Config.DHead));
    }

    /// <summary>Neurons on the left, d_model on the right: the smaller side is what is swept.</summary>
    private ThinSvd Mlp(CircuitMatrix matrix, int layer)
    {
        var rows = matrix == CircuitMatrix.Out ? _weights.WOut(layer) : _weights.MlpReads(layer, matrix == CircuitMatrix.In ? "W_in" : "W_gate").Transpose();
        return rows.Rows >= rows.Columns
            ? _context.Compute.Svd(rows, Identity(rows.Columns))
            : _context.Compute.Svd(Identity(rows.Rows), rows.Transpose());
    }

    private static Matrix Identity(int size)
    {
        var data = new float[size * size];
        for (var at = 0; at < size; at++)
        {
            data[(at * size) + at] = 1;
        }

        return new Matrix(data, size, size);
    }
}
