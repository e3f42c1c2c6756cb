using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The parts of <c>logit-attribution</c> on every checkpoint that has any sum to the model's logits, and each is its formula in float64.</summary>
public sealed class LogitAttributionCheckpointTests
{
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<string> Sums => CheckpointModels.Causal.Except(["openai-gpt"]).Concat(CheckpointModels.Folded);

    private static IEnumerable<string> Split => Sums.Except(["gemma2"]);

    [Test]
    public void Components_SumToTheLogit([ValueSource(nameof(Sums))] string name, [Values] bool against) => AssertSums(name, AttributionUnit.Component, against);

    [Test]
    public void HeadsAndNeurons_SumToTheLogit(
        [ValueSource(nameof(Split))] string name, [Values(AttributionUnit.Head, AttributionUnit.Neuron)] AttributionUnit by, [Values] bool against) => AssertSums(name, by, against);

    [TestCase(AttributionUnit.Head, "head")]
    [TestCase(AttributionUnit.Neuron, "neuron")]
    public void HeadsAndNeurons_BehindANorm_AreRefused(AttributionUnit by, string said) => Assert.That(
        () => TestRun.Execute(new LogitAttribution(), CheckpointModels.Get("gemma2"), new LogitAttributionOptions { By = by }, Prompts),
        Throws.TypeOf<UsageException>().With.Message.StartsWith($"--by {said}: in model"));

    /// <summary>Head by head and neuron by neuron, <c>((c - mean) / s w) · (u_a - u_b)</c> as it is written.</summary>
    [Test]
    public void Parts_AreTheFormula([Values("gpt2", "llama", "gpt_neox", "gpt2 --transformer-lens-defaults")] string name, [Values] bool against)
    {
        var model = CheckpointModels.Get(name);
        var (config, weights) = (model.Config, new NaiveWeights(model));
        var options = new LogitAttributionOptions { By = AttributionUnit.Neuron, K = config.DMlp, Token = Text(model, 70), Against = against ? Text(model, 80) : null, Position = Selection.Parse("3") };
        var rows = TestRun.Execute(new LogitAttribution(), model, options, Prompts[..1]).Rows<Contribution>("logit-attribution");

        var tokens = Prompts[0].Tokens;
        var last = $"blocks.{config.NLayers - 1}.hook_resid_post";
        var run = model.Run(new ModelInput(tokens), [last, .. Enumerable.Range(0, config.NLayers).SelectMany(layer => new[] { $"blocks.{layer}.attn.hook_z", $"blocks.{layer}.mlp.hook_post" })]);
        var state = NaiveStates.At(run[last], 3);
        var vocabulary = weights.Vocabulary(writes: true);
        var read = vocabulary[rows[0].Token.Id].Select((value, at) => value - (against ? vocabulary[rows[0].Against!.Value.Id][at] : 0)).ToArray();
        var mean = config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : 1;
        var scale = Math.Sqrt(state.Average(value => Math.Pow(value - (mean * state.Average()), 2)) + config.Eps);
        var gain = weights.Vector("ln_final.w");
        double Part(double[] term) => term.Select((value, at) => (value - (mean * term.Average())) / scale * (gain?[at] ?? 1) * read[at]).Sum();
        var checkedRows = 0;
        foreach (var row in rows.Where(row => row.Kind is ContributionKind.Head or ContributionKind.Neuron))
        {
            var matrix = row.Kind == ContributionKind.Head ? Naive.Dense(model.WO(row.Layer!.Value, row.Index!.Value)) : Naive.Dense(model.Weight($"blocks.{row.Layer}.mlp.W_out").AsMatrix());
            var activity = NaiveStates.At(run[$"blocks.{row.Layer}.{(row.Kind == ContributionKind.Head ? "attn.hook_z" : "mlp.hook_post")}"], 3);
            double[] term = [.. Enumerable.Range(0, config.DModel).Select(column => row.Kind == ContributionKind.Head
                ? Enumerable.Range(0, config.DHead).Sum(at => activity[(row.Index!.Value * config.DHead) + at] * matrix[at, column])
                : activity[row.Index!.Value] * matrix[row.Index!.Value, column])];
            Assert.That(row.Value, Is.EqualTo(Part(term)).Within(1e-4), $"{row}");
            checkedRows++;
        }

        Assert.That(checkedRows, Is.EqualTo(config.NLayers * (config.NHeads + config.DMlp)));
    }

    private static void AssertSums(string name, AttributionUnit by, bool against)
    {
        var model = CheckpointModels.Get(name);
        var options = new LogitAttributionOptions { By = by, K = 3, Against = against ? Text(model, 80) : null, Position = Selection.All };
        var results = TestRun.Execute(new LogitAttribution(), model, options, Prompts);
        var parts = results.Rows<Contribution>("logit-attribution").ToLookup(row => (row.Prompt, row.Position));
        var sums = results.Rows<ContributionSum>("sums");
        Assert.That(sums, Has.Count.EqualTo(Prompts.Sum(prompt => prompt.Tokens.Length)));
        foreach (var sum in sums)
        {
            var logits = NaiveStates.At(model.Run(new ModelInput(Prompts[sum.Prompt].Tokens), ["logits"])["logits"], sum.Position);
            double Uncapped(int token) => model.Config.OutputLogitsSoftCap is { } cap ? cap * Math.Atanh(logits[token] / cap) : logits[token];
            var wanted = Uncapped(sum.Token.Id) - (sum.Against is { } other ? Uncapped(other.Id) : 0);
            var mine = parts[(sum.Prompt, sum.Position)].ToList();
            Assert.That(sum.Token.Id, Is.EqualTo(NaiveLists.Top(logits, 1)[0]));
            Assert.That(mine.Sum(part => part.Value), Is.EqualTo(wanted).Within(1e-4 * Math.Max(Math.Abs(wanted), mine.Max(part => Math.Abs(part.Value)))), $"{sum}");
            Assert.That((sum.Sum, sum.Logit), Is.EqualTo((mine.Sum(part => part.Value), wanted)));
            Assert.That(mine.Count(part => part.Kind == ContributionKind.Head), Is.EqualTo(by == AttributionUnit.Component ? 0 : model.Config.NLayers * model.Config.NHeads));
        }
    }

    /// <summary>A word that is one token: the first from an id on.</summary>
    private static string Text(Model model, int id) => Enumerable.Range(id, 400).Select(at => model.Token(at).Text.Trim()).First(text =>
        text.Length > 0 && model.Tokenizer!.Encode(text) is [var only] && model.Token(only).Text.Trim() == text);
}
