using PluginLens.Plugins.Interventions;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>patch</c> on every checkpoint is what whole passes say that take one prompt's values in another's place.</summary>
public sealed class PatchCheckpointTests
{
    private const double Near = 1e-4;

    private static readonly Prompt[] Pair = [new(null, [5, 71, 12, 300, 8]), new(null, [5, 71, 40, 300, 8])];

    private static IEnumerable<string> Models => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void EachPart_EqualsTheWholePass([ValueSource(nameof(Models))] string name, [Values] PatchUnit unit)
    {
        var model = CheckpointModels.Get(name);
        if (model.Config.AttnOnly && unit == PatchUnit.Mlp)
        {
            Assert.That(() => TestRun.Execute(new Patch(), model, new PatchOptions { Unit = unit }, Pair), Throws.TypeOf<UsageException>().With.Message.Contains("has no MLPs"));
            return;
        }

        // Tokens far apart: shares of a small difference would magnify rounding.
        double[] clean = NaiveInterventions.Logits(model, Pair[0].Tokens)[^1], corrupted = NaiveInterventions.Logits(model, Pair[1].Tokens)[^1];
        var ranked = NaiveInterventions.Tokens(model).OrderByDescending(named => clean[named.Id] - corrupted[named.Id]).ToList();
        var (token, against) = (ranked[0].Id, ranked[^1].Id);
        var options = new PatchOptions { Unit = unit, Into = PatchInto.Both, Token = ranked[0].Text, Against = ranked[^1].Text, At = Selection.Parse("1-4"), Position = Selection.Parse("-1") };
        var results = TestRun.Execute(new Patch(), model, options, Pair);

        double Difference(double[] logits) => logits[token] - logits[against];
        var runs = results.Rows<PatchPair>("pairs").Single();
        Assert.That((runs.Clean, runs.Corrupted), Is.EqualTo((Difference(clean), Difference(corrupted))).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < Near && Math.Abs(a.Item2 - b.Item2) < Near));
        var rows = results.Rows<PatchEffect>("patch");
        Assert.That(rows, Has.Count.EqualTo(2 * model.Config.NLayers * (unit == PatchUnit.Head ? model.Config.NHeads : 4)));
        foreach (var row in rows)
        {
            var (run, source) = row.Into == PatchInto.Corrupted ? (Pair[1], Pair[0]) : (Pair[0], Pair[1]);
            var hook = $"blocks.{row.Layer}.{unit switch { PatchUnit.Stream => "hook_resid_pre", PatchUnit.Attention => "hook_attn_out", PatchUnit.Mlp => "hook_mlp_out", _ => "attn.hook_z" }}";
            var from = model.Run(new ModelInput(source.Tokens), [hook])[hook].Data.ToArray();
            var patched = Difference(NaiveInterventions.Logits(model, run.Tokens, (hook, values =>
            {
                var width = values.Length / 5;
                foreach (var position in row.Position is { } one ? [one] : new[] { 1, 2, 3, 4 })
                {
                    var (first, count) = row.Head is { } head ? (head * model.Config.DHead, model.Config.DHead) : (0, width);
                    from.AsSpan((position * width) + first, count).CopyTo(values.AsSpan((position * width) + first));
                }
            }))[^1]);
            var (own, other) = row.Into == PatchInto.Corrupted ? (Difference(corrupted), Difference(clean)) : (Difference(clean), Difference(corrupted));
            Assert.That(row.LogitDifference, Is.EqualTo(patched).Within(Near), $"{row}");
            Assert.That(row.Share, Is.EqualTo((patched - own) / (other - own)).Within(Near / Math.Min(1, Math.Abs(other - own))), $"{row}");
        }
    }

    [Test]
    public void PromptPatchedWithItself_ChangesNoBit([ValueSource(nameof(Models))] string name, [Values] PatchUnit unit)
    {
        var model = CheckpointModels.Get(name);
        if (model.Config.AttnOnly && unit == PatchUnit.Mlp)
        {
            return;
        }

        var results = TestRun.Execute(new Patch(), model, new PatchOptions { Unit = unit, Token = NaiveInterventions.Tokens(model)[7].Text, Against = NaiveInterventions.Tokens(model)[8].Text, Position = Selection.Parse("-1") }, [Pair[0], Pair[0]]);

        var run = results.Rows<PatchPair>("pairs").Single();
        Assert.That(run.Clean, Is.EqualTo(run.Corrupted));
        Assert.That(results.Rows<PatchEffect>("patch").Select(row => (row.LogitDifference, row.Share)), Is.All.EqualTo((run.Corrupted, (double?)null)));
        Assert.That(results.Warnings, Has.Some.StartsWith("pair 0: both prompts have the same difference of logits"));
    }

    /// <summary>The whole state that enters a layer, at all positions that differ, is the other run: shares of these add up where one alone differs.</summary>
    [Test]
    public void EmbeddingThatDiffers_MovesAll()
    {
        var model = CheckpointModels.Get("llama");
        var row = TestRun.Execute(new Patch(), model, new PatchOptions { Layer = Selection.Parse("0"), At = Selection.Parse("2"), Token = NaiveInterventions.Tokens(model)[7].Text, Against = NaiveInterventions.Tokens(model)[8].Text }, Pair).Rows<PatchEffect>("patch").Single();

        Assert.That(row.Share, Is.EqualTo(1).Within(1e-5));
    }
}
