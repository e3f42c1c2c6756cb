namespace PluginLens.Host.Tests;

/// <summary>A run that broke off and is taken up again leaves what it would have left: no row lost, none doubled.</summary>
public sealed class ResumeTests
{
    private const int Prompts = 6, RowsOfAPrompt = 40;

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(37)]
    [TestCase(40)]
    [TestCase(41)]
    [TestCase(199)]
    [TestCase(239)]
    public void BrokenOffAfterAnyRow_GoesOnToTheSameTable(int rows)
    {
        using var folder = new TemporaryFolder();
        var (whole, place) = (Path.Combine(folder.Path, "whole"), Path.Combine(folder.Path, "run"));
        Assert.That(Run(whole).Error, Is.Null);

        var broken = Run(place, stopsAfter: rows);
        Assert.That(broken.Error, Is.Not.Null);
        if (rows < RowsOfAPrompt)
        {
            Assert.That(() => Run(place, resumes: true), Throws.TypeOf<UsageException>().With.Message.Contains("nothing that broke off"));
            return;
        }

        // Again, in the middle of what is left; then to the end.
        Run(place, resumes: true, stopsAfter: Math.Min(rows + 3, (Prompts * RowsOfAPrompt) - 1));
        var result = Run(place, resumes: true);

        Assert.That(result.Error, Is.Null);
        Assert.That(File.ReadAllText(Path.Combine(place, "rows.csv")), Is.EqualTo(File.ReadAllText(Path.Combine(whole, "rows.csv"))));
        Assert.That(result.Tables[0].Count, Is.EqualTo(Prompts * RowsOfAPrompt));
        Assert.That(Directory.GetFiles(place).Select(Path.GetFileName), Is.EquivalentTo(["rows.csv", "run.json"]));
    }

    [Test]
    public void WhatWasRunOtherwise_IsNotGoneOnWith()
    {
        using var folder = new TemporaryFolder();
        var place = Path.Combine(folder.Path, "run");
        Run(place, stopsAfter: 100);

        Assert.That(() => Run(place, resumes: true, seed: 1), Throws.TypeOf<UsageException>().With.Message.Contains("was run otherwise"));
        Assert.That(() => Run(place, resumes: true, prompts: 5), Throws.TypeOf<UsageException>().With.Message.Contains("was run otherwise"));
        File.WriteAllText(Path.Combine(place, "rows.incomplete.csv"), "cut");
        Assert.That(() => Run(place, resumes: true), Throws.TypeOf<UsageException>().With.Message.Contains("shorter than it was"));
    }

    [Test]
    public void AnalysisThatNeedsAllPrompts_AndARunThatIsComplete_AreRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(
            () => AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<SampleResults.Some>()) with { Out = new RunPlace(Path.Combine(folder.Path, "a")) { Resumes = true } }),
            Throws.TypeOf<UsageException>().With.Message.Contains("cannot be taken up again"));
        Run(Path.Combine(folder.Path, "b"));
        Assert.That(() => Run(Path.Combine(folder.Path, "b"), resumes: true), Throws.TypeOf<UsageException>().With.Message.Contains("is complete"));
        Assert.That(() => Run(Path.Combine(folder.Path, "c"), resumes: true), Throws.TypeOf<UsageException>().With.Message.Contains("nothing that broke off"));
    }

    private static RunResult Run(string place, bool resumes = false, int stopsAfter = int.MaxValue, int seed = 0, int prompts = Prompts)
    {
        Counting.StopsAfter = stopsAfter;
        var request = InlinePlugin.Request(InlinePlugin.Of<Counting>()) with { Out = new RunPlace(place) { Resumes = resumes } };
        return AnalysisRun.Execute(request with { Inputs = request.Inputs with { Seed = seed, Prompts = new PromptSource { Ids = [.. Enumerable.Repeat("1", prompts)] } } });
    }

    private sealed record Row(int Prompt, int At, string Text);

    [Resumable]
    private sealed class Counting : IAnalysis
    {
        public static int StopsAfter { get; set; }

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("rows");
            for (var prompt = context.PromptsDone; prompt < context.Prompts.Count; prompt++)
            {
                for (var at = 0; at < RowsOfAPrompt; at++)
                {
                    if ((prompt * RowsOfAPrompt) + at == StopsAfter)
                    {
                        throw new InvalidOperationException("broke off");
                    }

                    table.Add(new Row(prompt, at, "é, \"quoted\"\n"));
                }

                context.Results.PromptsDone(prompt + 1);
            }
        }
    }
}
