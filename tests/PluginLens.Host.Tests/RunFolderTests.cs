using System.Diagnostics;
using Newtonsoft.Json.Linq;
using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests;

/// <summary>What a run leaves in its place.</summary>
public sealed class RunFolderTests : InRunFolder
{
    [Test]
    public void Folder_HasProvenanceTablesAndFigures_AndNothingLiesBesideIt()
    {
        Run<Some>();
        Assert.That(Read("pairs.csv"), Is.EqualTo(Written<Some>("csv")));
        Assert.That(Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));

        Run<Figures>(replaces: true);

        Assert.That(Files(Place), Is.EquivalentTo(["run.json", "figures/map.json", "figures/points.json"]));
        var run = JObject.Parse(Read("run.json"));
        Assert.That(run["files"]!.Values<string>(), Is.EqualTo(["figures/map.json", "figures/points.json"]));
        Assert.That((string?)run["files_sha256"]!["figures/map.json"], Is.EqualTo(FileHash.Of(Path.Combine(Place, "figures", "map.json"))));
        Assert.That(((string?)run["plugin"], (string?)run["contract_version"], (string?)run["status"]), Is.EqualTo(("inline", "1.0", "complete")));
        Assert.That(Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "run" }));
    }

    [Test]
    public void Figures_AreDrawnBesideTheirData_AndBelongToTheRun()
    {
        var place = new RunPlace(Place) { Pictures = [("txt", (figure, stream) => stream.Write(System.Text.Encoding.UTF8.GetBytes(figure.Title)))] };
        AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<Figures>()) with { Out = place });

        Assert.That((Read("figures/map.txt"), Read("figures/points.txt")), Is.EqualTo(("Title", "Points")));
        Assert.That(JObject.Parse(Read("run.json"))["files"]!.Values<string>(), Is.EqualTo(["figures/map.json", "figures/map.txt", "figures/points.json", "figures/points.txt"]));
        Assert.That(RecordedRun.Read(Place).FigureNames, Is.EqualTo(["map", "points"]));
    }

    [Test]
    public void NamesInThePlace_AreFilledIn()
    {
        var result = Execute<Some>(new RunPlace(Path.Combine(Folder.Path, "{plugin}-{model}")));

        Assert.That(Path.GetFileName(result.Folder), Is.EqualTo($"inline-{TestModels.Tiny.Config.Name}"));
    }

    [TestCase("run.json")]
    [TestCase("RUN.JSON")]
    [TestCase("resume.json")]
    [TestCase("figures")]
    [TestCase("pairs.csv")]
    [TestCase("Pairs.CSV")]
    [TestCase("pairs.incomplete.csv")]
    [TestCase("CON")]
    [TestCase("nul.txt")]
    [TestCase("com1.tar.gz")]
    [TestCase("a\nb")]
    [TestCase("trailing.")]
    [TestCase("trailing ")]
    [TestCase("a:b")]
    [TestCase("what?")]
    [TestCase("")]
    public void FileNames_ThatCollideWithTheHostsOrASystems_AreRefused(string name)
    {
        WritesFile.Name = name;

        Assert.That(Run<WritesFile>().Error?.Message, Does.Contain("File '"));
    }

    [Test]
    public void ManyRows_AreCountedAndKeptInTheFolder_AndFewAreHeld()
    {
        var result = Run<Many>();

        Assert.That((result.Tables[0].Count, result.Tables[0].Rows.Count), Is.EqualTo((Many.Rows, 100_000)));
        Assert.That(File.ReadLines(Path.Combine(Place, "rows.csv")).Count(), Is.EqualTo(Many.Rows + 1));
        Assert.That(TableLine.Of(result.Tables[0], 5).Last().Omitted, Does.Contain($"{Many.Rows} rows in all"));
        Assert.That(() => ResultWriter.Of("csv").Write(result, TextWriter.Null, new ResultView()), Throws.TypeOf<UsageException>().With.Message.Contains("too many to print again"));
    }

    [TestCase(TableFormat.Csv)]
    [TestCase(TableFormat.Parquet)]
    public void ManyRows_AreChosenFromTheFolder_WhereFewAreHeld(TableFormat format)
    {
        var result = Execute<Many>(new RunPlace(Place) { Tables = format });
        string Csv(TableQuery query)
        {
            using var text = new StringWriter();
            ResultWriter.Of("csv").Write(result, text, new ResultView { Query = query });
            return text.ToString();
        }

        Assert.That(Csv(TableQuery.Parse([$"at >= {Many.Rows - 2}"], [], [], null)), Is.EqualTo($"at\n{Many.Rows - 2}\n{Many.Rows - 1}\n"));
        Assert.That(Csv(TableQuery.Parse([], ["-at"], [], 2)), Is.EqualTo($"at\n{Many.Rows - 1}\n{Many.Rows - 2}\n"));
        Assert.That(Csv(TableQuery.Parse(["at >= 20000"], [], [], null)).Split('\n'), Has.Length.EqualTo(100_002).And.ItemAt(100_000).EqualTo($"{Many.Rows - 1}"));
        Assert.That(ResultWriter.Chosen(result, new ResultView { Query = TableQuery.Parse([], [], ["at"], null) })[0].Count, Is.EqualTo(Many.Rows));
        foreach (var tooMuch in new[] { TableQuery.Parse(["at >= 0"], [], [], null), TableQuery.Parse([], ["-at"], [], null), TableQuery.Parse([], ["-at"], [], 60_000), TableQuery.Parse([], [], [], 100_001) })
        {
            Assert.That(() => Csv(tooMuch), Throws.TypeOf<UsageException>().With.Message.StartsWith("Table 'rows': more than 100000 rows of its file would be printed; narrow --where"));
        }
    }

    [TestCase(TableFormat.Csv)]
    [TestCase(TableFormat.Parquet)]
    public void StoredRows_HaveTheValuesThatWereWritten(TableFormat format)
    {
        var table = Execute<SampleResults.Some>(new RunPlace(Place) { Tables = format }).Tables[0];

        var (columns, rows) = StoredRows.Of(RecordedRun.Read(Place).Tables[0]);

        Assert.That(columns.Select(column => (column.Name, column.Kind)), Is.EqualTo(table.Columns.Select(column => (column.Name, column.Kind))));
        Assert.That(
            rows.Select(row => string.Join('|', columns.Select(column => DisplayText.Of(column, row)))),
            Is.EqualTo(table.Rows.Select(row => string.Join('|', table.Columns.Select(column => DisplayText.Of(column, row))))).And.Some.Contains("∅").And.Some.Contains("-"));
    }

    private sealed class WritesFile : IAnalysis
    {
        public static string Name { get; set; } = string.Empty;

        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            context.Results.File(Name, _ => { });
        }
    }

    private sealed record Number(int At);

    private sealed class Many : IAnalysis
    {
        public const int Rows = 120_000;

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Number>("rows");
            for (var at = 0; at < Rows; at++)
            {
                table.Add(new Number(at));
            }
        }
    }
}
