namespace PluginLens.Plugins.States;

/// <summary>
/// <c>R_k = |top-k(h) ∩ ∪ top-k(x_i)| / k</c>: h a hidden state through the final norm and W_U, x_i the m parameters that were most active at its position.
/// Activity: pre-activation of a neuron (hook_post where gated), entries of z for W_V columns and W_O rows.
/// </summary>
internal sealed class RkScores(AnalysisContext context, RkOptions options)
{
    private readonly StateReading _reading = new(context.Model, options.Embedding, options.Head);
    private readonly bool[]? _unpadded = new TokenFilter { Padding = options.Padding }.Mask(context.Model);
    private readonly bool[]? _ascii = options.OnlyAscii ? new TokenFilter { OnlyAscii = true }.Mask(context.Model) : null;

    private Model Model => context.Model;

    private ModelConfig Config => context.Model.Config;

    /// <summary>Fills the table and the chart of each group.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="stateLayer">The layer whose output is compared with the parameters of a layer.</param>
    public void Run(string name, Func<int, int> stateLayer)
    {
        Check();
        var table = context.Results.Table<RkRow>(name);
        var parameters = new ParameterVectors(Model, options.Key == GatedKey.In);
        var words = new VectorWords(context, parameters, _reading.Sides, options.Padding);
        var layers = options.Layer.Of(Config.NLayers, "layer");
        var shuffle = options.Shuffle is { } seed ? new Random(seed) : null;
        var k = Math.Min(options.K, words.Tokens);
        Note(parameters, k);
        var rows = new List<RkRow>();
        var seen = Forward(layers, stateLayer);
        foreach (var layer in layers)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, Config.NLayers, $"layer {layer}"));
            var (states, neurons, heads) = seen[layer];
            var top = Top(new Matrix(states.ToArray(), heads.Count, Config.DModel));
            int[] scored = [.. Enumerable.Range(0, top.Length).Where(at => !options.SkipTop.Contains(top[at].Best))];
            foreach (var (group, active) in Groups(neurons, heads))
            {
                var lists = words.Of(group, layer, options.K);
                var unions = Array.ConvertAll(scored, at => Union(lists, active[at]));
                var ids = Array.ConvertAll(scored, at => top[at].Ids);
                rows.Add(scored.Length == 0
                    ? throw new UsageException("--skip-top leaves no position to score; give other prompts or fewer ids.")
                    : new RkRow(layer, ParameterVectors.Name(group), Aligned(ids, unions), Baseline(ids, unions, shuffle), unions.Length));
                table.Add(rows[^1]);
            }
        }

        foreach (var group in rows.GroupBy(row => row.Group))
        {
            context.Results.Figure($"{name}-{group.Key.ToLowerInvariant().Replace('_', '-')}", new Chart(
                $"R_{k} of {group.Key}", "layer", "mean share of the state's top tokens", [.. group.Select(row => $"{row.Layer}")],
                [new Series("aligned", [.. group.Select(row => (double?)row.Rk)]), new Series("random", [.. group.Select(row => (double?)row.Random)])], AsBars: true));
        }
    }

    /// <summary>What it will cost.</summary>
    /// <param name="stateLayer">As in <see cref="Run"/>.</param>
    public Cost Plan(Func<int, int> stateLayer)
    {
        Check();
        var layers = options.Layer.Of(Config.NLayers, "layer");
        double d = Config.DModel, n = 0;
        var passes = new List<Cost>();
        foreach (var prompt in context.RequirePrompts().TakeWhile(_ => options.Positions == 0 || n < options.Positions))
        {
            double length = prompt.Tokens.Length;
            passes.Add(Costs.Forward(Config, length, layers.Max(layer => Math.Max(layer, stateLayer(layer))) + 1, logits: false));
            passes.Add(options.Head ? new Cost(2 * layers.Count * length * d * d, 4 * sizeof(float) * length * d) : Costs.None);
            n = options.Positions == 0 ? n + length : Math.Min(options.Positions, n + length);
        }

        var words = new VectorWords(context, new ParameterVectors(Model), _reading.Sides, options.Padding);
        ParameterGroup[] groups = Config.AttnOnly ? [ParameterGroup.WV, ParameterGroup.WO] : [ParameterGroup.K, ParameterGroup.V, ParameterGroup.WV, ParameterGroup.WO];
        const int SetEntry = 32, State = 3 * sizeof(float), Active = 48;
        return Costs.Sum(
            Costs.Widened(Model),
            Costs.SideBySide(context, passes),
            new Cost(0, layers.Count * n * ((State * d) + (2 * (Active + (sizeof(int) * Math.Min(options.M, Math.Max(Config.DMlp, Config.NHeads * Config.DHead))))))),
            Costs.Times(layers.Count, Costs.Sum(
                Costs.TopRows(n, d, words.Tokens, options.K),
                Costs.InTurn(groups.Select(group => words.CostOf(group, options.K))),
                new Cost(0, SetEntry * n * Math.Min(words.Tokens, (options.M + 1.0) * Math.Min(options.K, words.Tokens))))),
            Costs.Rows<RkRow>(2 * layers.Count * groups.Length));
    }

    private void Check()
    {
        if (options.Head && !Model.HasWeight("mlm_head.W"))
        {
            throw new UsageException($"--head: model '{Config.Name}' has no masked-LM head; leave the option out.");
        }

        if (Array.Find(options.SkipTop, id => id < 0 || id >= Config.DVocab) is not 0 and var unknown)
        {
            throw new UsageException($"--skip-top {unknown}: not an id of model '{Config.Name}' (0 to {Config.DVocab - 1}).");
        }
    }

    private void Note(ParameterVectors parameters, int k)
    {
        var neurons = Config.AttnOnly ? string.Empty : $" (neurons by {(Config.GatedMlp ? "hook_post" : "hook_pre")})";
        var states = _reading.Head ? "through the masked-LM head" : _reading.Norm is null ? "as the block gives them, without a norm" : "through the final norm";
        context.Results.Note(NoteLine.Of($"top {k}, {Math.Min(options.M, Math.Max(Config.DMlp, Config.NHeads * Config.DHead))} most active parameters a position{neurons}", $"keys are columns of {parameters.Matrix(ParameterGroup.K)}"));
        context.Results.Note(NoteLine.Of(_reading.Sides.Description, $"weights {Config.ProcessingName}", PaddingNote.Of(Model, new TokenFilter { Padding = options.Padding })));
        context.Results.Note(NoteLine.Of(
            $"states {states}{(_reading.Bias is null ? string.Empty : ", b_U added")}",
            options.Shuffle is { } seed ? $"baseline: random pairings of positions, seed {seed}" : "baseline: mean over all pairings of positions"));
    }

    private IEnumerable<(ParameterGroup Group, int[][] Active)> Groups(List<int[]> neurons, List<int[]> heads)
    {
        if (!Config.AttnOnly)
        {
            yield return (ParameterGroup.K, [.. neurons]);
            yield return (ParameterGroup.V, [.. neurons]);
        }

        // Column j of head h of W_V is stored once for each key-value head.
        yield return (ParameterGroup.WV, [.. heads.Select(ids => Array.ConvertAll(ids, id => (Config.KeyValueHeadOf(id / Config.DHead) * Config.DHead) + (id % Config.DHead)))]);
        yield return (ParameterGroup.WO, [.. heads]);
    }

    /// <summary>For each layer the normed states <c>[n,d]</c>, and at each position the m most active neurons and head dimensions; one pass a prompt.</summary>
    private Dictionary<int, (List<float> States, List<int[]> Neurons, List<int[]> Heads)> Forward(IReadOnlyList<int> layers, Func<int, int> stateLayer)
    {
        string State(int layer) => $"blocks.{stateLayer(layer)}.{_reading.Output}";
        string Neuron(int layer) => $"blocks.{layer}.mlp.{(Config.GatedMlp ? "hook_post" : "hook_pre")}";
        string Z(int layer) => $"blocks.{layer}.attn.hook_z";
        string[] hooks = [.. layers.SelectMany(layer => Config.AttnOnly ? new[] { State(layer), Z(layer) } : [State(layer), Z(layer), Neuron(layer)]).Distinct()];
        var seen = layers.ToDictionary(layer => layer, _ => (States: new List<float>(), Neurons: new List<int[]>(), Heads: new List<int[]>()));
        var (scored, prompts) = (0, context.RequirePrompts());
        foreach (var (index, _, run) in PromptBatches.Run(context, Model, prompts, hooks, most: 1))
        {
            var tokens = prompts[index].Tokens;
            var count = options.Positions == 0 ? tokens.Length : Math.Min(tokens.Length, options.Positions - scored);
            foreach (var layer in layers)
            {
                var (states, neurons, heads) = seen[layer];
                var rows = _reading.Rows(tokens, run[State(layer)]);
                for (var position = 0; position < count; position++)
                {
                    var row = rows.Row(position).ToArray();
                    _reading.Norm?.Apply(row, row);
                    states.AddRange(row);
                    heads.Add(MostActive(run[Z(layer)][0][position].Span));
                    neurons.Add(Config.AttnOnly ? [] : MostActive(run[Neuron(layer)][0].AsMatrix().Row(position)));
                }
            }

            scored += count;
            if (options.Positions > 0 && scored >= options.Positions)
            {
                break;
            }
        }

        return seen;
    }

    private int[] MostActive(ReadOnlySpan<float> activity)
    {
        var values = activity.ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(at => values[at]).ThenBy(at => at).Take(options.M)];
    }

    /// <summary>The best id of each state, and its top-k ids that pass.</summary>
    private (int Best, int[] Ids)[] Top(Matrix states)
    {
        var lists = context.Compute.TopRows(states, _reading.Sides.Writing, new RowQuery { K = options.K, Keep = _unpadded, Bias = _reading.Bias });
        return [.. Enumerable.Range(0, lists.Rows).Select(row => (lists.IdsOf(row)[0], lists.IdsOf(row).ToArray().Where(Passes).ToArray()))];
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

    private bool Passes(int id) => _ascii?[id] != false;

    private static double Score(int[] top, HashSet<int> union) => top.Length == 0 ? 0 : top.Count(union.Contains) / (double)top.Length;

    private static double Aligned(int[][] top, HashSet<int>[] unions) => top.Zip(unions, Score).Average();

    private static double Baseline(int[][] top, HashSet<int>[] unions, Random? shuffle)
    {
        if (shuffle is not null)
        {
            var permuted = unions.ToArray();
            shuffle.Shuffle(permuted);
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
