namespace PluginLens.Plugins.Circuits;

/// <summary>The loop of <c>ov-pairs</c> and <c>qk-pairs</c>: for each chosen head, the k best entries of A·Bᵀ.</summary>
internal static class PairLists
{
    /// <summary>Runs the loop; rows arrive head by head, best first.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Heads, k and filters.</param>
    /// <param name="factors">The two V x d_head factors of a head.</param>
    /// <param name="add">Receives layer, head, rank (from 1) and entry.</param>
    public static void Run(
        AnalysisContext context,
        PairOptions options,
        Func<int, int, (float[] Rows, float[] Columns)> factors,
        Action<int, int, int, ScoredPair> add)
    {
        var config = context.Model.Config;
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        var keep = options.Mask(context.Model);
        var classes = options.ExcludeSame ? TokenFilter.SameTextClasses(context.Model) : null;
        var query = new PairQuery
        {
            K = options.K,
            Smallest = options.Lowest,
            KeepRows = keep,
            KeepColumns = keep,
            RowClasses = classes,
            ColumnClasses = classes,
        };

        var done = 0;
        foreach (var layer in layers)
        {
            foreach (var head in heads)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(done++, layers.Count * heads.Count, $"L{layer}H{head}"));
                var (rows, columns) = factors(layer, head);
                var width = rows.Length / config.DVocab;
                var best = context.Compute.TopPairs(new Matrix(rows, config.DVocab, width), new Matrix(columns, config.DVocab, width), query);
                for (var rank = 1; rank <= best.Count; rank++)
                {
                    add(layer, head, rank, best[rank - 1]);
                }
            }
        }
    }

    /// <summary>Cost of all chosen heads: the V x V products, and the two projections before each.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Which heads.</param>
    public static Cost Plan(Model model, PairOptions options)
    {
        var config = model.Config;
        var heads = (double)options.Layer.Of(config.NLayers, "layer").Count * options.Head.Of(config.NHeads, "head").Count;
        var rows = options.Mask(model)?.Count(kept => kept) ?? config.DVocab;
        var product = 2.0 * rows * rows * config.DHead;
        var projections = 4.0 * config.DVocab * config.DModel * config.DHead;
        return new Cost(heads * (product + projections), 6.0 * sizeof(float) * config.DVocab * config.DHead);
    }
}
