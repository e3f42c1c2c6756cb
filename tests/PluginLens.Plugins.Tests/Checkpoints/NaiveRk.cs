namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>R_k as it is defined: every parameter on every token, every set by sorting, the baseline over all pairs of positions.</summary>
internal sealed class NaiveRk(Model model, int k, int m, int positions)
{
    private readonly NaiveWeights _weights = new(model);
    private readonly Lazy<Activations[]> _runs = new(() => Array.ConvertAll(CheckpointModels.Prompts, prompt => model.Run(new ModelInput(prompt.Tokens), Hooks(model))));

    /// <summary>Matrix on each side.</summary>
    public string Embedding { get; init; } = "Auto";

    /// <summary>Whose output the parameters of a layer are compared with.</summary>
    public Func<int, int> StateLayer { get; init; } = layer => layer;

    /// <summary>Layers, from 0.</summary>
    public int Layers { get; init; } = model.Config.NLayers;

    /// <summary>Logits of a sequence that take the place of the products of its states; null = norm, product and bias.</summary>
    public Func<int[], Tensor>? Logits { get; init; }

    /// <summary>Ids that take part before sets are taken.</summary>
    public Func<int, bool> Keep { get; init; } = _ => true;

    /// <summary>Ids that stay in the sets.</summary>
    public Func<int, bool> Listed { get; init; } = _ => true;

    /// <summary>Group of the FFN keys.</summary>
    public string Keys { get; init; } = "K";

    /// <summary>Every layer and group has the naive score, baseline and number of positions.</summary>
    /// <param name="rows">What the plugin found; <see cref="Keys"/> may go by <c>K</c> there.</param>
    public void AssertSame(IReadOnlyList<(int Layer, string Group, double Rk, double Random, int Positions)> rows)
    {
        string[] groups = model.Config.AttnOnly ? ["W_V", "W_O"] : ["K", "V", "W_V", "W_O"];
        Assert.That(rows.Select(row => (row.Layer, row.Group)), Is.EqualTo(from layer in Enumerable.Range(0, Layers) from name in groups select (layer, name)));
        Assert.That(rows.Select(row => row.Positions), Is.All.EqualTo(positions));
        foreach (var layer in rows.GroupBy(row => row.Layer))
        {
            var tops = Tops(StateLayer(layer.Key));
            foreach (var row in layer)
            {
                var unions = Unions(row.Group, row.Layer);
                Assert.That(row.Rk, Is.EqualTo(tops.Zip(unions, Share).Average()).Within(1e-12), $"{row.Group} L{row.Layer}");
                Assert.That(row.Random, Is.EqualTo((from top in tops from union in unions select Share(top, union)).Average()).Within(1e-12), $"{row.Group} L{row.Layer}, baseline");
            }
        }
    }

    /// <summary>The words of each position's state.</summary>
    private int[][] Tops(int layer)
    {
        var hook = NaiveStates.Output(model, layer);
        var vocabulary = _weights.Vocabulary(writes: true, Embedding);
        var biased = !NaiveStates.IsPostNorm(model) && Embedding != "Input";
        var logits = Logits is null ? null : Array.ConvertAll(CheckpointModels.Prompts, prompt => Logits(prompt.Tokens));
        double[] Scores(int prompt, int position) => logits is not null
            ? NaiveStates.At(logits[prompt], position)
            : NaiveStates.Logits(model, NaiveStates.Normed(model, NaiveStates.At(_runs.Value[prompt][hook], position)), vocabulary, biased);
        return [.. Places().Select(place => NaiveLists.Top(Scores(place.Prompt, place.Position), k, Keep).Where(Listed).ToArray())];
    }

    /// <summary>The words of the m parameters that are most active at each position.</summary>
    private HashSet<int>[] Unions(string group, int layer)
    {
        var hook = group is "W_V" or "W_O" ? $"blocks.{layer}.attn.hook_z" : Neurons(model, layer);
        var vectors = _weights.Vectors(group == "K" ? Keys : group, layer, byQueryHead: true);
        var vocabulary = _weights.Vocabulary(NaiveWeights.Writes(group), Embedding);
        IEnumerable<int> Words(int parameter) => NaiveLists.Top(Array.ConvertAll(vocabulary, token => NaiveWeights.Dot(vectors[parameter], token)), k, Keep);
        return [.. Places().Select(place =>
        {
            var activity = NaiveStates.At(_runs.Value[place.Prompt][hook], place.Position);
            return NaiveLists.Top(activity, m).SelectMany(Words).Where(Listed).ToHashSet();
        })];
    }

    private IEnumerable<(int Prompt, int Position)> Places() =>
        CheckpointModels.Prompts.SelectMany((prompt, at) => Enumerable.Range(0, prompt.Tokens.Length).Select(position => (at, position))).Take(positions);

    private static string[] Hooks(Model model) => [.. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => model.Config.AttnOnly
        ? new[] { NaiveStates.Output(model, layer), $"blocks.{layer}.attn.hook_z" }
        : [NaiveStates.Output(model, layer), $"blocks.{layer}.attn.hook_z", Neurons(model, layer)])];

    private static string Neurons(Model model, int layer) => $"blocks.{layer}.mlp.{(model.Config.GatedMlp ? "hook_post" : "hook_pre")}";

    private static double Share(int[] top, HashSet<int> union) => top.Length == 0 ? 0 : top.Count(union.Contains) / (double)top.Length;
}
