using Newtonsoft.Json.Linq;
using PluginLens.Testing;

namespace PluginLens.Host.Tests;

/// <summary>Several models for an analysis that reads one: each has its turn, none is left over.</summary>
public sealed class TurnTests
{
    private static readonly FakeModel First = TestModels.Tiny.WithConfig(config => config with { Name = "First One" });
    private static readonly FakeModel Second = TestModels.Tiny.WithConfig(config => config with { Name = "second", NCtx = 1 });

    public sealed record Row(string Of, int Tokens);

    public sealed record OtherRow(int Number);

    private sealed class Names : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("rows");
            table.Add(new Row(context.Model.Config.Name, context.Prompts.Sum(prompt => prompt.Tokens.Length)));
            table.Add(new Row(context.Model.Config.Name, context.Models.Count));
            context.Results.Figure("map", new Scatter("Map", "x", "y", []));
            context.Results.Note("seen");
        }
    }

    private sealed class WritesFile : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.File("x.txt", stream => stream.Write("x"u8));
    }

    private sealed class ColumnsByModel : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            if (context.Model.Config.Name == "second")
            {
                context.Results.Table<OtherRow>("rows").Add(new OtherRow(1));
            }
            else
            {
                context.Results.Table<Row>("rows").Add(new Row("x", 1));
            }
        }
    }

    private sealed class FailsOnSecond : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<OtherRow>("rows").Add(new OtherRow(1));
            if (context.Model.Config.Name == "second")
            {
                throw new UsageException("--layer 9: there is none.");
            }
        }
    }

    [ReadsModels(2)]
    private sealed class Two : IAnalysis
    {
        public void Run(AnalysisContext context) => context.RequireSecondModel();
    }

    private static RunResult Run<T>(Model[] models, string? folder = null, params string[] ids)
        where T : IAnalysis, new()
    {
        var request = InlinePlugin.Request(InlinePlugin.Of<T>(), models, folder: folder);
        return AnalysisRun.Execute(request with { Inputs = request.Inputs with { Prompts = new PromptSource { Ids = ids } } });
    }

    private static string Csv(RunResult result)
    {
        using var text = new StringWriter { NewLine = "\n" };
        ResultWriter.Of("csv").Write(result, text, new ResultView { Table = result.Tables[0].Name });
        return text.ToString();
    }

    [Test]
    public void Execute_TwoModels_HaveTheirTurnInOneTable()
    {
        var result = Run<Names>([First, Second], ids: "1");

        Assert.That(Csv(result), Is.EqualTo("model,of,tokens\nFirst One,First One,1\nFirst One,First One,1\nsecond,second,1\nsecond,second,1\n"));
        Assert.That(result.Tables.Single().GroupBy, Is.EqualTo(1));
        Assert.That(result.Info.Notes, Is.EqualTo(["First One: seen", "second: seen"]));
        Assert.That(result.Figures.Select(figure => (figure.Name, figure.Figure.Title)), Is.EqualTo(new[] { ("map-first-one", "Map (First One)"), ("map-second", "Map (second)") }));
        Assert.That(ResultSummary.Of(result).First(), Is.EqualTo("inline on First One (gpt2, raw), then second (gpt2, raw): not declared"));
    }

    [Test]
    public void Execute_OneModel_HasNoSuchColumn() => Assert.That(Csv(Run<Names>([First])), Does.StartWith("of,tokens\n"));

    [Test]
    public void Execute_Prompts_AreReadForEachModel()
    {
        Assert.That(() => Run<Names>([First, Second], null, "1,2"), Throws.TypeOf<UsageException>().With.Message.EqualTo("--ids: 2 tokens; model 'second' reads at most 1."));
    }

    [Test]
    public void Execute_Files_GetAFolderForEachModel()
    {
        using var folder = new TemporaryFolder();
        Run<WritesFile>([First, Second], folder.Path);

        Assert.That(File.Exists(Path.Combine(folder.Path, "first-one", "x.txt")) && File.Exists(Path.Combine(folder.Path, "second", "x.txt")));
        var run = JObject.Parse(File.ReadAllText(Path.Combine(folder.Path, "run.json")));
        Assert.That((bool)run["in_turn"]! && (string?)run["further_models"]![0]!["name"] == "second");

        Assert.That(Directory.GetFiles(folder.Path, "x.txt", SearchOption.AllDirectories), Has.Length.EqualTo(2));
    }

    [Test]
    public void Execute_OtherColumnsForAnotherModel_AreATableOfTheirOwn()
    {
        Assert.That(Run<ColumnsByModel>([First, Second]).Tables.Select(table => table.Name), Is.EqualTo(["rows", "rows-second"]));
    }

    [Test]
    public void Execute_SecondFails_RowsOfTheFirstAreKept()
    {
        var result = Run<FailsOnSecond>([First, Second]);

        Assert.That((result.ExitCode, result.FoundNothing, result.Tables.Single().Complete), Is.EqualTo((2, false, false)));
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(2));
    }

    [Test]
    public void Execute_SameModelTwice_IsRefused()
    {
        Assert.That(() => Run<Names>([First, First]), Throws.TypeOf<UsageException>().With.Message.EqualTo("--model '1' was given twice; 'inline' reads one model after the other."));
    }

    [Test]
    public void Execute_SameNameTwice_IsToldApartAsTyped()
    {
        var twin = TestModels.Tiny.WithConfig(config => config with { Name = First.Config.Name });

        Assert.That(Run<Names>([First, twin]).Info.Notes, Is.EqualTo(["0: seen", "1: seen"]));
    }

    [Test]
    public void Execute_OneTooManyForTwo_IsSaidBeforeAnythingIsOpened()
    {
        var request = InlinePlugin.Request(InlinePlugin.Of<Two>(), [First, Second, First]);

        Assert.That(() => AnalysisRun.Execute(request), Throws.TypeOf<UsageException>().With.Message.EqualTo("Analysis 'inline' reads at most 2 models; '2' is left over: give 2."));
        Assert.That(((InMemoryEngine)request.Inputs.Engine).Opened, Is.Zero);
    }
}
