namespace PluginLens.Plugins;

/// <summary>
/// <c>R_k = |top-k(h) ∩ ∪ top-k(x_i)| / k</c>: h a hidden state through the final norm and W_U, x_i the m parameters that were most active at its position.
/// Activity: pre-activation of a neuron (hook_post where gated), entries of z for W_V columns and W_O rows.
/// </summary>
internal sealed class RkScores(AnalysisContext context, RkOptions options)
{
    private readonly Embeddings _embeddings = new(context.Model, options.Embedding);

    private Model Model => context.Model;

    private ModelConfig Config => context.Model.Config;

    /// <summary>Fills the table and the chart of each group.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="stateLayer">The layer whose output is compared with the parameters of a layer.</param>
    public void Run(string name, Func<int, int> stateLayer)
    {
        if (options.Head && !Model.HasWeight("mlm_head.W"))
        {
            throw new UsageException($"--head: model '{Config.Name}' has no masked-LM head; leave the option out.");
        }

        if (options.K < 1 || options.M < 1 || options.Positions < 0)
        {
            throw new UsageException($"--k {options.K}, --m {options.M}, --positions {options.Positions}: expected at least 1, 1 and 0.");
        }

        var table = context.Results.Table<RkRow>(name);
        var words = new VectorWords(context, new Parameters(Model), _embeddings);
        var layers = options.Layer.Of(Config.NLayers, "layer");
        context.Results.Note($"top {options.K}, {options.M} most active parameters a position; reading side {_embeddings.Name(writes: false)}, writing side {_embeddings.Name(writes: true)}; weights {Config.ProcessingName}; baseline: "
            + (options.Shuffle is { } seed ? $"one permutation of the positions, seed {seed}" : "mean over all pairings of positions")
            + (options.Head ? "; states through the masked-LM head" : string.Empty));
        var rows = new List<RkRow>();
        foreach (var layer in layers)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, Config.NLayers, $"layer {layer}"));
            var (states, neurons, heads) = Forward(layer, stateLayer(layer));
            var top = Top(states);
            foreach (var (group, active) in Groups(neurons, heads))
            {
                var lists = words.Of(group, layer, options.K);
                var unions = active.Select(ids => Union(lists, ids)).ToArray();
                rows.Add(new RkRow(layer, Parameters.Name(group), Aligned(top, unions), Baseline(top, unions), unions.Length));
                table.Add(rows[^1]);
            }
        }

        foreach (var group in rows.GroupBy(row => row.Group))
        {
            context.Results.Figure($"{name}-{group.Key.ToLowerInvariant().Replace('_', '-')}", new Chart(
                $"R_{options.K} of {group.Key}", "layer", "mean share of the state's top tokens", [.. group.Select(row => $"{row.Layer}")],
                [new Series("aligned", [.. group.Select(row => (double?)row.Rk)]), new Series("random", [.. group.Select(row => (double?)row.Random)])], AsBars: true));
        }
    }

    private IEnumerable<(ParameterGroup Group, int[][] Active)> Groups(int[][] neurons, int[][] heads)
    {
        if (!Config.AttnOnly)
        {
            yield return (ParameterGroup.K, neurons);
            yield return (ParameterGroup.V, neurons);
        }

        // Column j of head h of W_V is stored once for each key-value head.
        yield return (ParameterGroup.WV, [.. heads.Select(ids => Array.ConvertAll(ids, id => (Config.KeyValueHeadOf(id / Config.DHead) * Config.DHead) + (id % Config.DHead)))]);
        yield return (ParameterGroup.WO, heads);
    }

    /// <summary>Normed states [n,d], and at each position the m most active neurons and head dimensions.</summary>
    private (Matrix States, int[][] Neurons, int[][] Heads) Forward(int layer, int stateLayer)
    {
        var post = Config.Traits.Contains(Trait.PostNorm);
        var state = $"blocks.{stateLayer}.{(post ? "hook_normalized_resid_post" : "hook_resid_post")}";
        var neuron = $"blocks.{layer}.mlp.{(Config.GatedMlp ? "hook_post" : "hook_pre")}";
        var z = $"blocks.{layer}.attn.hook_z";
        var hooks = Config.AttnOnly ? new[] { state, z } : [state, z, neuron];
        var norm = !post && Config.FinalNorm ? new FinalNorm(Model) : null;
        var (states, neurons, heads) = (new List<float>(), new List<int[]>(), new List<int[]>());
        foreach (var prompt in context.RequirePrompts())
        {
            var run = Model.Run(new ModelInput(prompt.Tokens), hooks);
            var rows = options.Head ? ThroughHead(prompt.Tokens, run[state]) : run[state][0].AsMatrix();
            for (var position = 0; position < prompt.Tokens.Length && (options.Positions == 0 || heads.Count < options.Positions); position++)
            {
                var row = rows.Row(position).ToArray();
                norm?.Apply(row, row);
                states.AddRange(row);
                heads.Add(MostActive(run[z][0][position].Span));
                neurons.Add(Config.AttnOnly ? [] : MostActive(run[neuron][0].AsMatrix().Row(position)));
            }
        }

        return (new Matrix(states.ToArray(), heads.Count, Config.DModel), [.. neurons], [.. heads]);
    }

    /// <summary>States as the masked-LM head transforms them before the unembedding, <c>pos x d_model</c>: they stand in for the last block's output.</summary>
    private Matrix ThroughHead(int[] tokens, Tensor states)
    {
        const string normalized = "mlm_head.ln.hook_normalized";
        var replace = new Dictionary<string, Tensor> { [$"blocks.{Config.NLayers - 1}.hook_normalized_resid_post"] = states };
        var rows = Model.Run(new ModelInput(tokens) { Replace = replace }, [normalized])[normalized][0].AsMatrix();
        var gain = Model.Weight("mlm_head.ln.w").Span;
        var bias = Model.Weight("mlm_head.ln.b").Span;
        var transformed = new float[rows.Rows * rows.Columns];
        for (var at = 0; at < transformed.Length; at++)
        {
            transformed[at] = (rows.Row(at / rows.Columns)[at % rows.Columns] * gain[at % rows.Columns]) + bias[at % rows.Columns];
        }

        return new Matrix(transformed, rows.Rows, rows.Columns);
    }

    private int[] MostActive(ReadOnlySpan<float> activity)
    {
        var values = activity.ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(at => values[at]).ThenBy(at => at).Take(options.M)];
    }

    /// <summary>The top-k ids of each state; the unembedding's bias takes part where there is one (folded weights need it).</summary>
    private int[][] Top(Matrix states)
    {
        var biased = Model.HasWeight("unembed.b_U") && (options.Head || !Config.Traits.Contains(Trait.PostNorm)) && _embeddings.Name(writes: true) == "W_U";
        var lists = context.Compute.TopRows(states, _embeddings.Writing, new RowQuery { K = options.K, Bias = biased ? Model.Weight("unembed.b_U").Span.ToArray() : null });
        return [.. Enumerable.Range(0, lists.Rows).Select(row => lists.IdsOf(row).ToArray().Where(Passes).ToArray())];
    }

    private HashSet<int> Union(RowTopK lists, int[] active)
    {
        var union = new HashSet<int>();
        foreach (var vector in active)
        {
            foreach (var id in lists.IdsOf(vector))
            {
                if (Passes(id))
                {
                    union.Add(id);
                }
            }
        }

        return union;
    }

    private bool Passes(int id) => !options.OnlyAscii || System.Text.Ascii.IsValid(Model.Token(id).Text);

    private static double Score(int[] top, HashSet<int> union) => top.Length == 0 ? 0 : top.Count(union.Contains) / (double)top.Length;

    private static double Aligned(int[][] top, HashSet<int>[] unions) => top.Zip(unions, Score).Average();

    private double Baseline(int[][] top, HashSet<int>[] unions)
    {
        if (options.Shuffle is { } seed)
        {
            var permuted = unions.ToArray();
            new Random(seed).Shuffle(permuted);
            return Aligned(top, permuted);
        }

        // Mean over all pairings: how many positions' unions hold an id is all that matters.
        var holders = new Dictionary<int, int>();
        foreach (var id in unions.SelectMany(union => union))
        {
            holders[id] = holders.GetValueOrDefault(id) + 1;
        }

        return top.Average(ids => ids.Length == 0 ? 0 : ids.Sum(id => (double)holders.GetValueOrDefault(id)) / ((double)ids.Length * unions.Length));
    }
}
