using System.Globalization;
using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>token-evolution</c> on every checkpoint that reads from left to right equals the formula in float64, for every option; its last row is the model's own prediction.</summary>
public sealed class TokenEvolutionCheckpointTests
{
    private const int K = 4;
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<string> CausalAndFolded => CheckpointModels.Causal.Concat(CheckpointModels.Folded);

    private static IEnumerable<TokenEvolutionOptions> Options =>
    [
        new() { Layer = Selection.Parse("1"), Position = Selection.Parse("0,-2") },
        new() { OnlyAlnum = true },
    ];

    [Test]
    public void Words_EveryNorm_EqualTheFormula([ValueSource(nameof(CausalAndFolded))] string name, [Values] StateNorm norm) => AssertWords(name, new TokenEvolutionOptions { Norm = norm });

    [TestCaseSource(nameof(Options))]
    public void Words_UnderEveryOption_EqualTheFormula(TokenEvolutionOptions options) => AssertWords("gpt2", options);

    [Test]
    public void Words_PaddingKept_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) => AssertWords(name, new TokenEvolutionOptions { Padding = Padding.Keep });

    private static void AssertWords(string name, TokenEvolutionOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        var results = TestRun.Execute(new TokenEvolution(), model, options with { K = K }, Prompts);
        var (rows, mask, vocabulary) = (results.Rows<EvolvedWord>("token-evolution"), options.Mask(model), new NaiveWeights(model).Vocabulary(writes: true));
        int?[] layers = [.. options.Layer.Of(config.NLayers, "layer"), null];
        Assert.That(rows.Chunk(K).Select(list => (list[0].Prompt, list[0].Position, list[0].Layer)), Is.EqualTo(
            from prompt in Enumerable.Range(0, Prompts.Length) from position in options.Position.Of(Prompts[prompt].Tokens.Length, "position") from layer in layers select (prompt, position, layer)));
        foreach (var list in rows.Chunk(K))
        {
            var (at, predicted) = (list[0], list[0].Kind == StateKind.Predicted);
            var hook = at.Layer == 0 ? "blocks.0.hook_resid_pre" : NaiveStates.Output(model, (at.Layer ?? config.NLayers) - 1);
            var run = model.Run(new ModelInput(Prompts[at.Prompt].Tokens), [hook, "logits"]);
            var state = NaiveStates.At(run[hook], at.Position);
            var normed = predicted || options.Norm == StateNorm.Final || (options.Norm == StateNorm.FinalButEmbed && at.Layer != 0);
            var logits = NaiveStates.Logits(model, normed ? NaiveStates.Normed(model, state) : state, vocabulary, biased: true);
            logits = config.OutputLogitsSoftCap is { } cap ? Array.ConvertAll(logits, logit => cap * Math.Tanh(logit / cap)) : logits;
            NaiveLists.AssertTop(list.Select(row => row.Token.Id), logits, K, $"{at}", id => mask?[id] != false, list.Select(row => row.Logit));
            Assert.That(at.Layer is null, Is.EqualTo(predicted));
            Assert.That(at.Input.Id, Is.EqualTo(Prompts[at.Prompt].Tokens[at.Position]));
            if (predicted)
            {
                NaiveLists.AssertTop(list.Select(row => row.Token.Id), NaiveStates.At(run["logits"], at.Position), K, $"{at}, logits", id => mask?[id] != false, list.Select(row => row.Logit), rounding: 1e-5);
            }
        }

        foreach (var change in results.Rows<EvolutionChange>("changes"))
        {
            int[] First(int? layer) => [.. rows.Where(row => (row.Prompt, row.Layer, row.Rank) == (change.Prompt, layer, 1)).Select(row => row.Token.Id)];
            int[] from = First(change.From), to = First(change.To);
            Assert.That((change.Changed, change.Tokens), Is.EqualTo((from.Zip(to).Count(pair => pair.First != pair.Second), from.Length)));
        }
    }
}
