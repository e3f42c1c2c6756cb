using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>position-bias</c> on every checkpoint with position embeddings equals <c>W_Q W_Kᵀ</c>, formed in float64.</summary>
public sealed class PositionBiasCheckpointTests
{
    private const int Position = 11;

    private static IEnumerable<string> Names => CheckpointModels.All.Except(CheckpointModels.Rotary);

    [Test]
    public void Lists_EqualTheFormula([ValueSource(nameof(Names))] string name) => AssertLists(CheckpointModels.Get(name), new PositionBiasOptions());

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula([Values("gpt2", "bert")] string name, [Values] PatternSide side, [Values] Similarity score, [Values] bool biases, [Values] bool word) =>
        AssertLists(CheckpointModels.Get(name), new PositionBiasOptions { Side = side, Score = score, Biases = biases, Word = word ? Word(CheckpointModels.Get(name)) : null, Form = WordForm.Bare });

    private static string Word(Model model) => Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id)).First(text => model.Tokenizer!.Encode(text).Length == 1 && text.All(char.IsAsciiLetter));

    private static void AssertLists(Model model, PositionBiasOptions options)
    {
        var results = TestRun.Execute(new PositionBias(), model, options with { Position = Position, K = 6, Curves = true });

        var (rows, curves) = (results.Rows<PositionRank>("position-bias"), results.Rows<PositionScore>("curves"));
        var positions = new NaiveWeights(model).Rows("pos_embed.W_pos");
        double[] added = options.Word is { } word ? new NaiveWeights(model).Rows("embed.W_E")[model.Tokenizer!.Encode(word)[0]] : new double[positions[0].Length];
        double[] x = [.. positions[Position].Zip(added, (place, meaning) => place + meaning)];
        Assert.That(rows, Has.Count.EqualTo(model.Config.NLayers * model.Config.NHeads * 6));
        Assert.That(rows.Select(row => row.Offset), Is.EqualTo(rows.Select(row => row.Position - Position)));
        foreach (var list in rows.GroupBy(row => (row.Layer, row.Head)))
        {
            var scores = NaivePatterns.Scores(NaivePatterns.Pattern(model, list.Key.Layer, list.Key.Head, x, options.Side == PatternSide.Key, options.Biases), positions, options.Score == Similarity.Cosine);
            NaiveLists.AssertTop(list.Select(row => row.Position), scores, 6, $"{list.Key}", foundScores: list.Select(row => row.Score), rounding: 1e-5);
            Assert.That(
                curves.Where(row => (row.Layer, row.Head) == list.Key).Select(row => row.Score), Is.EqualTo(scores).Within(1e-5 * scores.Max(Math.Abs)), $"{list.Key}");
        }
    }
}
