using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>head-detector</c> on every checkpoint that reads from left to right equals the formulas on whole matrices, for every score and option.</summary>
public sealed class HeadDetectorCheckpointTests
{
    private static readonly int[][] Texts = [[9, 37, 51, 9, 37, 51, 9], [7, 53, 53, 7], [11, 12, 13]];

    [Test]
    public void Scores_EqualTheFormulas([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Causal))] string name, [Values] HeadScore score, [Values] bool excludeFirst, [Values] bool excludeSelf)
    {
        var model = CheckpointModels.Get(name);
        var options = new HeadDetectorOptions { Score = score, ExcludeFirst = excludeFirst, ExcludeSelf = excludeSelf, Sequences = 0, K = 3 };

        var results = TestRun.Execute(new HeadDetector(), model, options, [.. Texts.Select(text => new Prompt(null, text))]);

        var rows = results.Rows<HeadScores>("head-detector");
        Assert.That(rows.Select(row => (row.Layer, row.Head)), Is.EqualTo(from layer in Enumerable.Range(0, model.Config.NLayers) from head in Enumerable.Range(0, model.Config.NHeads) select (layer, head)));
        foreach (var kind in Enum.GetValues<HeadPattern>())
        {
            double?[] expected = [.. rows.Select(row => Texts.Select(text => Naive(Pattern(model, text, row.Layer, row.Head), kind, text, options)).Average())];
            double?[] found = [.. rows.Select(row => kind switch { HeadPattern.Previous => row.Previous, HeadPattern.Duplicate => row.Duplicate, _ => row.Induction })];
            Assert.That(found, Is.EqualTo(expected).Within(1e-5), $"{kind}");

            // Scores that differ by less than rounding may stand in either order: their values are compared, and that each is its head's.
            var strongest = results.Rows<StrongestHead>("strongest").Where(row => row.Pattern == kind).ToList();
            Assert.That(strongest.Select(row => row.Score), Is.EqualTo(expected.Where(value => value is not null).Select(value => value!.Value).OrderDescending().Take(3)).Within(1e-5));
            Assert.That(strongest.Select(row => row.Score), Is.EqualTo(strongest.Select(row => found[(row.Layer * model.Config.NHeads) + row.Head]!.Value)));
        }
    }

    private static double[][] Pattern(Model model, int[] text, int layer, int head)
    {
        var hook = $"blocks.{layer}.attn.hook_pattern";
        var pattern = model.Run(new ModelInput(text), [hook])[hook][0][head].AsMatrix();
        return [.. Enumerable.Range(0, text.Length).Select(at => Array.ConvertAll(pattern.Row(at).ToArray(), value => (double)value))];
    }

    /// <summary>1 where the formula has a target, 0 elsewhere, and the score of the pattern against it; null where it has none.</summary>
    private static double? Naive(double[][] attention, HeadPattern kind, int[] tokens, HeadDetectorOptions options)
    {
        bool Left(int q, int k) => (options.ExcludeFirst && k == 0) || (options.ExcludeSelf && k == q);
        bool Target(int q, int k) => kind switch
        {
            HeadPattern.Previous => q - k == 1,
            HeadPattern.Duplicate => q > k && tokens[q] == tokens[k],
            _ => k >= 1 && q >= k && tokens[k - 1] == tokens[q],
        };
        var cells = (from q in Enumerable.Range(0, tokens.Length) from k in Enumerable.Range(0, tokens.Length) where !Left(q, k) select (Row: q, Weight: attention[q][k], On: Target(q, k) ? 1.0 : 0)).ToList();
        var on = cells.Sum(cell => cell.Weight * cell.On);
        return cells.Sum(cell => cell.On) == 0 ? null : options.Score switch
        {
            HeadScore.Mul => cells.Sum(cell => cell.Weight) is > 0 and var all ? on / all : 0,
            HeadScore.Abs => 1 - (cells.Sum(cell => Math.Abs(cell.Weight - cell.On)) / tokens.Length),
            _ => on / cells.Where(cell => cell.On > 0).Select(cell => cell.Row).Distinct().Count(),
        };
    }
}
