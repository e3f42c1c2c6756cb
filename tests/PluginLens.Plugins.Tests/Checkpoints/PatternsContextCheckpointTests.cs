using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>patterns-context</c> on every decoder equals its formula: states from a pass, everything after them in float64.</summary>
public sealed class PatternsContextCheckpointTests
{
    private const int K = 5;
    private static readonly int[] Text = CheckpointModels.Prompts[0].Tokens;

    private static IEnumerable<string> Names => CheckpointModels.Causal.Concat(CheckpointModels.Folded);

    [Test]
    public void Lists_EqualTheFormula([ValueSource(nameof(Names))] string name) => AssertLists(CheckpointModels.Get(name), new PatternsContextOptions());

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula([Values("gpt2", "qwen2")] string name, [Values] ContextInput input, [Values] bool noPatternNorm, [Values] Similarity score, [Values] bool biases) =>
        AssertLists(CheckpointModels.Get(name), new PatternsContextOptions { Input = input, NoPatternNorm = noPatternNorm, Score = score, Biases = biases, Position = Selection.Parse("2,-1") });

    [Test]
    public void NormedInput_OfEveryDecoder_IsWhatItsHeadsRead([ValueSource(nameof(Names))] string name) => AssertLists(CheckpointModels.Get(name), new PatternsContextOptions { Input = ContextInput.Normed });

    [Test]
    public void FinalNorm_WhereThereIsNone_IsRefused() => Assert.That(
        () => TestRun.Execute(new PatternsContext(), CheckpointModels.Get("openai-gpt"), new PatternsContextOptions { Input = ContextInput.Final }, CheckpointModels.Prompts),
        Throws.TypeOf<UsageException>().With.Message.Contains("has no final norm; use raw or normed."));

    [Test]
    public void DraftsFilter_KeepsTheBestOfThePoolThatPass()
    {
        var model = CheckpointModels.Get("gpt2");
        var all = TestRun.Execute(new PatternsContext(), model, new PatternsContextOptions { K = 100 }, [new Prompt(null, Text)]).Rows<ContextPattern>("patterns-context");
        var mask = BpeFilters.Mask(model, BpeFilter.RoundTrip)!;

        var draft = TestRun.Execute(new PatternsContext(), model, new PatternsContextOptions { BpeFilter = BpeFilter.RoundTrip, Pool = 100 }, [new Prompt(null, Text)]).Rows<ContextPattern>("patterns-context");

        Assert.That(draft.Select(row => (row.Layer, row.Head, row.Token.Id)), Is.EqualTo(
            all.GroupBy(row => (row.Layer, row.Head)).SelectMany(list => list.Where(row => mask[row.Token.Id]).Take(10).Select(row => (row.Layer, row.Head, row.Token.Id)))));
    }

    private static void AssertLists(Model model, PatternsContextOptions options)
    {
        var results = TestRun.Execute(new PatternsContext(), model, options with { K = K }, [new Prompt(null, Text)]);

        var (rows, states) = (results.Rows<ContextPattern>("patterns-context"), results.Rows<ContextState>("states"));
        var positions = options.Position.Of(Text.Length, "position");
        var (weights, last) = (new NaiveWeights(model), NaiveStates.Output(model, model.Config.NLayers - 1));
        var (embeddings, vocabulary) = (weights.Rows("embed.W_E"), weights.Vocabulary(writes: true));
        Assert.That(rows, Has.Count.EqualTo(model.Config.NLayers * model.Config.NHeads * positions.Count * K));
        Assert.That(states, Has.Count.EqualTo(model.Config.NLayers * positions.Count));
        foreach (var list in rows.Chunk(K))
        {
            var x = NaivePatterns.Input(model, Text, list[0].Layer, list[0].Position, options.Input == ContextInput.Normed, meets: false);
            x = options.Input == ContextInput.Final && list[0].Layer > 0 ? NaiveStates.Normed(model, x) : x;
            var pattern = NaivePatterns.Pattern(model, list[0].Layer, list[0].Head, x, ofKey: false, options.Biases);
            pattern = options.NoPatternNorm ? pattern : NaiveStates.Normed(model, pattern);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), NaivePatterns.Scores(pattern, embeddings, options.Score == Similarity.Cosine), K, $"{list[0]}",
                id => model.Tokenizer!.Piece(id) is not null, list.Select(row => row.Score), rounding: 1e-4);
        }

        foreach (var state in states)
        {
            double[] Logits(string hook) => NaiveStates.Logits(model, NaiveStates.Normed(model, NaiveStates.At(model.Run(new ModelInput(Text), [hook])[hook], state.Position)), vocabulary, biased: true);
            var (logits, final) = (Logits($"blocks.{state.Layer}.hook_resid_pre"), Logits(last));
            NaiveLists.AssertTop([state.Predicted.Id], final, 1, "predicted", rounding: 1e-4);
            NaiveLists.AssertTop([state.Closest.Id], logits, 1, "closest", foundScores: [state.ClosestLogit], rounding: 1e-4);
            Assert.That(state.PredictedLogit, Is.EqualTo(logits[state.Predicted.Id]).Within(1e-4 * logits.Max(Math.Abs)));
        }
    }
}
