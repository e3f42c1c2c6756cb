namespace PluginLens.Plugins.Circuits;

/// <summary>The loop of <c>ov-pairs</c> and <c>qk-pairs</c>: for each chosen head, the k best entries of A·Bᵀ.</summary>
internal static class PairLists
{
    /// <summary>Runs the loop; rows arrive head by head, best first.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Heads, k and filters.</param>
    /// <param name="factors">The two V x d_head factors of a head, made while the list of the head before is; they may be in arrays of earlier ones.</param>
    /// <param name="add">Receives layer, head, rank (from 1), entry and the flags of both tokens and of the list.</param>
    public static void Run(
        AnalysisContext context,
        PairOptions options,
        Func<int, int, HeadFactorPair?, HeadFactorPair> factors,
        Action<int, int, int, ScoredPair, PairFlags> add)
    {
        var config = context.Model.Config;
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        Check(options);
        var (keep, flags) = (options.Kept(context.Model), new TokenFlags(context.Model, options));
        var classes = Classes(context.Model, options);
        var query = new PairQuery
        {
            K = options.K,
            Smallest = options.Lowest,
            KeepRows = keep,
            KeepColumns = keep,
            RowClasses = classes,
            ColumnClasses = classes,
        };

        var (count, done) = (layers.Count * heads.Count, 0);
        (int Layer, int Head) Chosen(int at) => (layers[at / heads.Count], heads[at % heads.Count]);
        var used = new HeadFactorPair?[2];
        HeadFactorPair Factors(int at)
        {
            var (layer, head) = Chosen(at);
            return (used[at % 2] = factors(layer, head, used[at % 2])).Value;
        }

        foreach (var pair in InOrder.OneAhead(context, count, Factors))
        {
            var (layer, head) = Chosen(done);
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(done++, count, $"L{layer}H{head}"));
            pair.Begin?.Invoke();
            var width = pair.Rows.Length / config.DVocab;
            var best = context.Compute.TopPairs(new Matrix(pair.Rows, config.DVocab, width), new Matrix(pair.Columns, config.DVocab, width), query);
            var highBias = flags.IsHighBias([.. best.Select(entry => entry.Column)]);
            for (var rank = 1; rank <= best.Count; rank++)
            {
                var entry = best[rank - 1];
                add(layer, head, rank, entry, new PairFlags(flags.IsLargeNorm(entry.Row), flags.IsLargeNorm(entry.Column), highBias));
            }
        }
    }

    /// <summary>Cost of all chosen heads: two projections and a search each; normalised rows need the projections on every head of the model once more.</summary>
    /// <typeparam name="TRow">Rows of the table.</typeparam>
    /// <param name="context">The run.</param>
    /// <param name="options">Heads, k and filters.</param>
    /// <param name="shared">How many of the two sides have key-value heads.</param>
    public static Cost Plan<TRow>(AnalysisContext context, PairOptions options, int shared)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var heads = (double)options.Layer.Of(config.NLayers, "layer").Count * options.Head.Of(config.NHeads, "head").Count;
        Check(options);
        var kept = Costs.Kept(model, options.Kept(model));
        _ = Classes(model, options);
        var projection = Costs.Product(config.DVocab, config.DModel, config.DHead);
        var all = options.Normalise == Normalise.None ? 0 : (double)config.NLayers * ((shared * config.KeyValueHeads) + ((2 - shared) * config.NHeads));
        var cosine = options.Cosine == CosineOf.None ? Costs.None : Costs.Sum(Costs.Product(2 * config.DVocab, config.DHead, config.DHead), new Cost(0, 3 * projection.Bytes));
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(heads, cosine),
            TokenFlags.CostOf(config, options),
            Costs.Times((2 * heads) + all, projection with { Bytes = 5 * projection.Bytes }),
            Costs.Times(heads, Costs.TopPairs(kept, kept, config.DHead, options.K)),
            Costs.Rows<TRow>(heads * Listed(model, options)));
    }

    /// <summary>Pairs listed of each head, at most.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">k and filters.</param>
    public static double Listed(Model model, PairOptions options)
    {
        var kept = Costs.Kept(model, options.Kept(model));
        return Math.Min(options.K, kept * kept);
    }

    private static void Check(PairOptions options)
    {
        if (options.Normalise != Normalise.None && options.Cosine != CosineOf.None)
        {
            throw new UsageException("--cosine and --normalise both say what the tokens are divided by; give one of them.");
        }
    }

    private static int[]? Classes(Model model, PairOptions options) => options.ExcludeSame ? TokenFilter.SameTextClasses(model) : null;
}

/// <summary>What is flagged of a pair.</summary>
/// <param name="Row">Whether its first token has a large norm.</param>
/// <param name="Column">Whether its second has.</param>
/// <param name="HighBias">Whether the second tokens of its list have a high bias.</param>
internal readonly record struct PairFlags(bool? Row, bool? Column, bool? HighBias);

/// <summary>The two factors of a head, <c>V x d_head</c>.</summary>
/// <param name="Rows">A of A·Bᵀ.</param>
/// <param name="Columns">B.</param>
/// <param name="Begin">What is to be done when this head's turn comes, if anything.</param>
internal readonly record struct HeadFactorPair(float[] Rows, float[] Columns, Action? Begin = null);
