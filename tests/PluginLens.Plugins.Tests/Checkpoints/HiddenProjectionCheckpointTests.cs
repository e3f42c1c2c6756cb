using PluginLens.Plugins.States;
using PluginLens.Testing;
using Choice = PluginLens.Toolkit.EmbeddingChoice;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>hidden-projection</c> on every checkpoint equals norm, product and bias in float64.</summary>
public sealed class HiddenProjectionCheckpointTests
{
    private const int K = 7;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    [Test]
    public void Words_EveryStateAndPosition_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] StateNorm norm) =>
        AssertWords(name, new HiddenProjectionOptions { Norm = norm });

    [Test]
    public void Words_FoldedWeights_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name)
    {
        Assert.That(CheckpointModels.Get(name).HasWeight("ln_final.w"), Is.False);
        AssertWords(name, new HiddenProjectionOptions());
    }

    [Test]
    public void Words_PaddingKept_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertWords(name, new HiddenProjectionOptions { Padding = Padding.Keep });

    [Test]
    public void Words_OfEitherEmbedding_EqualTheFormula([Values("llama", "mistral", "attn-only-2l", "bert", "gpt2 --transformer-lens-defaults")] string name, [Values] Choice embedding) =>
        AssertWords(name, new HiddenProjectionOptions { Embedding = embedding });

    [Test]
    public void Words_Head_AreTheModelsLogitsWithTheStateInPlaceOfItsLast([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Encoders))] string name)
    {
        var model = CheckpointModels.Get(name);
        var last = NaiveStates.Output(model, model.Config.NLayers - 1);

        var results = TestRun.Execute(new HiddenProjection(), model, new HiddenProjectionOptions { Position = Selection.All, K = K, Head = true }, [new Prompt(null, Text)]);

        Assert.That(results.Notes[0], Does.StartWith("block outputs; through the masked-LM head; W_U and b_U"));
        foreach (var layer in results.Rows<StateWord>("hidden-projection").GroupBy(row => row.Layer))
        {
            var hook = layer.Key is { } number ? NaiveStates.Output(model, number) : "blocks.0.hook_resid_pre";
            var replaced = new Dictionary<string, Tensor> { [last] = model.Run(new ModelInput(Text), [hook])[hook] };
            var logits = model.Run(new ModelInput(Text) { Replace = replaced }, ["logits"])["logits"];
            foreach (var list in layer.GroupBy(row => row.Position))
            {
                NaiveLists.AssertTop(list.Select(row => row.Token.Id), NaiveStates.At(logits, list.Key), K, $"{layer.Key} {list.Key}", foundScores: list.Select(row => row.Score));
            }
        }
    }

    [Test]
    public void Head_WithoutOne_IsRefused() => Assert.That(
        () => TestRun.Execute(new HiddenProjection(), CheckpointModels.Get("gpt2"), new HiddenProjectionOptions { Head = true }, [new Prompt(null, Text)]),
        Throws.TypeOf<UsageException>().With.Message.Contains("no masked-LM head"));

    [Test]
    public void LastState_HasTheModelsOwnLogits([ValueSource(nameof(CausalAndFolded))] string name)
    {
        var model = CheckpointModels.Get(name);
        var options = new HiddenProjectionOptions { Layer = Selection.Parse("-1"), Padding = Padding.Keep, K = model.Config.DVocab };

        var rows = TestRun.Execute(new HiddenProjection(), model, options, [new Prompt(null, Text)]).Rows<StateWord>("hidden-projection");

        var logits = NaiveStates.At(model.Run(new ModelInput(Text), ["logits"])["logits"], Text.Length - 1);
        double Capped(double score) => model.Config.OutputLogitsSoftCap is { } cap ? cap * Math.Tanh(score / cap) : score;
        Assert.That(rows.Select(row => row.Position), Is.All.EqualTo(Text.Length - 1));
        Assert.That(rows.Select(row => Capped(row.Score)), Is.EqualTo(rows.Select(row => logits[row.Token.Id])).Within(2e-5));
    }

    private static IEnumerable<string> CausalAndFolded => CheckpointModels.Causal.Concat(CheckpointModels.Folded);

    private static void AssertWords(string name, HiddenProjectionOptions options)
    {
        var model = CheckpointModels.Get(name);

        var rows = TestRun.Execute(new HiddenProjection(), model, options with { Position = Selection.All, K = K }, [new Prompt(null, Text)]).Rows<StateWord>("hidden-projection");

        string[] hooks = ["blocks.0.hook_resid_pre", .. Enumerable.Range(0, model.Config.NLayers).Select(layer => NaiveStates.Output(model, layer))];
        var run = model.Run(new ModelInput(Text), hooks);
        var vocabulary = new NaiveWeights(model).Vocabulary(writes: true, $"{options.Embedding}");
        var biased = !NaiveStates.IsPostNorm(model) && options.Embedding != Choice.Input;
        int?[] layers = [null, .. Enumerable.Range(0, model.Config.NLayers)];
        Assert.That(
            rows.GroupBy(row => (row.Layer, row.Position)).Select(list => list.Key),
            Is.EqualTo(from layer in layers from position in Enumerable.Range(0, Text.Length) select (layer, position)));
        foreach (var list in rows.GroupBy(row => (row.Layer, row.Position)))
        {
            var state = NaiveStates.At(run[hooks[Array.IndexOf(layers, list.Key.Layer)]], list.Key.Position);
            var read = options.Norm == StateNorm.None || (options.Norm == StateNorm.FinalButEmbed && list.Key.Layer is null) ? state : NaiveStates.Normed(model, state);
            Assert.That(list.Select(row => row.Input.Id), Is.All.EqualTo(Text[list.Key.Position]));
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), NaiveStates.Logits(model, read, vocabulary, biased), K, $"{list.Key}",
                id => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id), list.Select(row => row.Score));
        }
    }
}
