using System.Reflection;
using System.Text.RegularExpressions;
using PluginLens.Host;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// What every analysis is held to: it fills the tables that it declares, says beforehand what it will cost, and holds as far as its class and its page say. The tests
/// of an analysis derive from this, tell how to run it, and add what it alone is held to.
/// </summary>
/// <typeparam name="TAnalysis">The analysis.</typeparam>
public abstract class AnalysisTests<TAnalysis>
    where TAnalysis : IAnalysis, new()
{
    /// <summary>Runs from the one that asks for the least to the one that asks for the most.</summary>
    protected abstract IEnumerable<Example> Runs { get; }

    /// <summary>Runs that fill the tables which those leave out.</summary>
    protected virtual IEnumerable<Example> OtherRuns => [];

    /// <summary>Whether the search drops what cannot be among the best, so that the plan is an upper limit.</summary>
    protected virtual bool Prunes => false;

    /// <summary>For which of <see cref="Architectures"/> it is approximate.</summary>
    protected abstract string[] Approximate { get; }

    /// <summary>For which of them it says nothing; for all others it is exact.</summary>
    protected abstract string[] Undefined { get; }

    /// <summary>Of which checkpoints it says nothing.</summary>
    protected virtual IEnumerable<string> UndefinedCheckpoints => [];

    /// <summary>A small model of random weights.</summary>
    protected static Model Fake() => VectorModels.Make(gated: true);

    /// <summary>A small checkpoint with a tokenizer and a forward pass.</summary>
    protected static Model Gpt2() => CheckpointModels.Get("gpt2");

    /// <summary>Those that are filled: of the others <see cref="Testing.TestRun"/> takes care.</summary>
    [Test]
    public void DeclaredTables_AreFilled()
    {
        var filled = Runs.Concat(OtherRuns).SelectMany(run => run.Execute(new TAnalysis()).RowTypes).Select(table => (table.Key, table.Value)).Distinct();

        Assert.That(typeof(TAnalysis).GetCustomAttributes<WritesAttribute>().Select(writes => (writes.Table, writes.Row)), Is.EquivalentTo(filled));
    }

    [Test]
    public void Plan_IsNoLessThanWhatIsComputed_AndNotFarFromIt()
    {
        var analysis = new TAnalysis();
        foreach (var run in Runs)
        {
            var counting = new CountingCompute();
            var results = run.Execute(analysis, counting);
            var plan = run.Plan(analysis);

            // Forward passes are not counted, so no upper limit holds for analyses that read prompts.
            var most = run.Prompts is null && counting.Flops > 0 ? 8 * counting.Flops : double.PositiveInfinity;
            Assert.That(plan.Flops, Is.GreaterThanOrEqualTo(counting.Flops).And.LessThan(most), $"{run.Options}");
            Assert.That(plan.Bytes, Is.GreaterThanOrEqualTo(results.TableNames.Sum(name => results.Rows<object>(name).Count) * 40), $"{run.Options}");
        }
    }

    [Test]
    public void Plan_FollowsTheOptions()
    {
        var analysis = new TAnalysis();
        var runs = Runs.ToList();
        var plans = runs.ConvertAll(run => run.Plan(analysis));
        for (var at = 1; at < plans.Count; at++)
        {
            Assert.That(plans[at].Flops, Is.GreaterThanOrEqualTo(plans[at - 1].Flops), $"{runs[at].Options}");
            Assert.That(plans[at].Flops + plans[at].Bytes, Is.GreaterThan(plans[at - 1].Flops + plans[at - 1].Bytes), $"{runs[at].Options}");
        }
    }

    [Test]
    public void Plan_SaysThatSomethingPrunes_WhereSomethingDoes() => Assert.That(Runs.First().Plan(new TAnalysis()).Prunes, Is.EqualTo(Prunes));

    [Test]
    public void Verdicts_OfArchitectures_AreWhatTheAnalysisAllows()
    {
        static IEnumerable<string> With(Verdict verdict) => Architectures.Names.Where(name => Applicability.Of(typeof(TAnalysis), Architectures.Config(name)).Verdict == verdict);

        Assert.That(With(Verdict.Undefined), Is.EquivalentTo(Undefined));
        Assert.That(With(Verdict.Approximate), Is.EquivalentTo(Approximate));
        Assert.That(With(Verdict.Exact), Is.EquivalentTo(Architectures.Names.Except([.. Approximate, .. Undefined])));
    }

    [Test]
    public void Verdict_OfCheckpoints_IsUndefinedForThese() => Assert.That(
        CheckpointModels.All.Where(name => Applicability.Of(typeof(TAnalysis), CheckpointModels.Get(name).Config).Verdict == Verdict.Undefined), Is.EquivalentTo(UndefinedCheckpoints));

    [Test]
    public void Page_SaysForWhichModelsItHolds()
    {
        var type = typeof(TAnalysis);
        var source = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Plugins"), $"{type.Name}.cs", SearchOption.AllDirectories).Single();
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(source)!, $"{Analyses.Id(type)}.md"));

        // Both ways: a line of the page that the code does not state is as wrong.
        var stated = Applicability.Stated(type).Where(holds => holds.Trait is not null).Select(Line);
        var lines = page.Split('\n').Where(line => Regex.IsMatch(line, "^\\* `[a-z-]+` (exact|approximate|undefined): "));
        Assert.That(lines, Is.EquivalentTo(stated));
        foreach (var holds in Applicability.Stated(type).Where(holds => holds.Trait is null))
        {
            Assert.That(page, Does.Contain($"Exact for every model: {holds.Because}"));
        }

        static string Line(HoldsAttribute holds) => $"* `{Names.Kebab(holds.Trait.ToString()!)}` {Names.Kebab(holds.Verdict.ToString())}: {holds.Because}";
    }
}
