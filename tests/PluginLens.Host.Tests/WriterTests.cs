using Newtonsoft.Json.Linq;

namespace PluginLens.Host.Tests;

public sealed class WriterTests
{
    public enum Kind
    {
        FirstHalf,
        Rest,
    }

    public sealed record Row(int Layer, Token Input, double? Score, Kind Kind, string? Remark, bool Good);

    [Holds(Verdict.Exact, "it reads no weights")]
    private sealed class Some : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("pairs", groupBy: 1);
            for (var layer = 0; layer < 2; layer++)
            {
                table.Add(new Row(layer, context.Model.Token(0), 1.5, Kind.FirstHalf, "a|b, \"c\"", true));
                table.Add(new Row(layer, context.Model.Token(2), -0.1, Kind.Rest, null, false));
                table.Add(new Row(layer, new Token(9, string.Empty), null, Kind.Rest, "two\nlines", false));
            }

            context.Results.Note("W_E");
        }
    }

    private sealed class ManyGroups : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("pairs", groupBy: 1);
            for (var at = 0; at < 19 * 4; at++)
            {
                table.Add(new Row(at / 4, context.Model.Token(0), at, Kind.Rest, null, false));
            }
        }
    }

    public sealed record Numbers(double Wide, float Narrow);

    private sealed class UnevenNumbers : IAnalysis
    {
        public static readonly double[] Wide = [0.1, 1.0 / 3, Math.PI, 123456789.123456789, double.Epsilon, double.MaxValue, -0.0, 1e23, -5e-324, 0.30000000000000004];

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Numbers>("numbers");
            foreach (var value in Wide)
            {
                table.Add(new Numbers(value, (float)(value / 3)));
            }
        }
    }

    private sealed class Figures : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Figure("map", new Heatmap("Title", "x", "y", ["a", "b"], ["c"], [[1, null]], Signed: true));
            context.Results.Figure("points", new Scatter("Points", "x", "y", [new ScatterPoint(1, double.NaN, "p")]));
        }
    }

    private sealed class AddsNaN : IAnalysis
    {
        public void Run(AnalysisContext context) =>
            context.Results.Table<Row>("pairs").Add(new Row(0, default, double.NaN, Kind.Rest, null, false));
    }

    private sealed class SameNameTwice : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            context.Results.Table<Row>("pairs");
        }
    }

    private sealed class LeavesFolder : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.File("../escape.txt", _ => { });
    }

    private sealed class HalfAFile : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.File("whole.bin", stream => stream.Write([1, 2, 3]));
            context.Results.File("half.bin", stream =>
            {
                stream.WriteByte(1);
                throw new InvalidOperationException("disk gone");
            });
        }
    }

    private static string Written<T>(string format, ResultView? view = null)
        where T : IAnalysis, new()
    {
        using var text = new StringWriter { NewLine = "\n" };
        ResultWriter.Of(format).Write(InlinePlugin.Run<T>(), text, view ?? new ResultView { Rows = 2 });
        return text.ToString();
    }

    [Test]
    public void Csv_HasEveryRow_TokensRawWithTheirIds()
    {
        Assert.That(Written<Some>("csv"), Is.EqualTo(""""
            layer,input,input_id,score,kind,remark,good
            0, the,0,1.5,first-half,"a|b, ""c""",true
            0,"
            ",2,-0.1,rest,,false
            0,,9,,rest,"two
            lines",false
            1, the,0,1.5,first-half,"a|b, ""c""",true
            1,"
            ",2,-0.1,rest,,false
            1,,9,,rest,"two
            lines",false

            """".ReplaceLineEndings("\n")));
    }

    private sealed class Hostile : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.Table<Row>("pairs")
            .Add(new Row(0, new Token(3, "\e[2J\u202E a"), 1, Kind.Rest, "a\r\n\a\u009B31m, b", true));
    }

    [Test]
    public void Csv_OnATerminal_CommandsNothing()
    {
        Assert.That(Written<Hostile>("csv", new ResultView { OnTerminal = true }), Is.EqualTo(
            "layer,input,input_id,score,kind,remark,good\n0,\\u{1B}[2J\\u{202E} a,3,1,rest,\"a\\u{0D}↵\\u{07}\\u{9B}31m, b\",true\n"));
        Assert.That(Written<Hostile>("csv"), Does.Contain("\e[2J\u202E a").And.Contains("a\r\n\a\u009B31m, b"), "files and pipes are exact");
    }

    [Test]
    public void CsvAndJson_Numbers_ReadBackBitForBit()
    {
        var csv = Written<UnevenNumbers>("csv").Split('\n')[1..^1].Select(line => line.Split(',')).ToList();
        var json = JObject.Parse(Written<UnevenNumbers>("json"))["tables"]!["numbers"]!;

        Assert.That(csv.Select(fields => Bits(double.Parse(fields[0]))), Is.EqualTo(UnevenNumbers.Wide.Select(Bits)));
        Assert.That(csv.Select(fields => Bits(float.Parse(fields[1]))), Is.EqualTo(UnevenNumbers.Wide.Select(value => Bits((float)(value / 3)))));
        Assert.That(json.Select(row => Bits((double)row["wide"]!)), Is.EqualTo(UnevenNumbers.Wide.Select(Bits)));
        Assert.That(json.Select(row => Bits((float)row["narrow"]!)), Is.EqualTo(UnevenNumbers.Wide.Select(value => Bits((float)(value / 3)))));

        static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
    }

    [Test]
    public void Table_OfManyGroups_ShowsSixteenAndSaysWhatIsLeft()
    {
        var lines = Written<ManyGroups>("table").Split('\n');

        Assert.That(lines.Count(line => line.Contains("·the")), Is.EqualTo(16 * 2));
        Assert.That(lines.Count(line => line == "  … 2 more"), Is.EqualTo(16));
        Assert.That(lines, Has.Some.EqualTo("  … 3 more groups, 12 rows; --rows 0 shows all"));
    }

    [Test]
    public void Table_ShowsFirstRowsOfEachGroup_WhiteSpaceVisible()
    {
        Assert.That(Written<Some>("table"), Is.EqualTo("""
            pairs: 6 rows
            layer  input  input_id    score  kind        remark    good
                0  ·the          0   1.5000  first-half  a|b, "c"  true
                0  ↵             2  -0.1000  rest        -         false
              … 1 more

                1  ·the          0   1.5000  first-half  a|b, "c"  true
                1  ↵             2  -0.1000  rest        -         false
              … 1 more

            inline on fake (gpt2, raw): exact
            note: W_E

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Markdown_EscapesCells()
    {
        Assert.That(Written<Some>("md", new ResultView { Rows = 0 }), Does.StartWith("""
            ## pairs

            6 rows

            | layer | input | input_id | score | kind | remark | good |
            |---:|---|---:|---:|---|---|---|
            | 0 | `·the` | 0 | 1.5000 | first-half | a\|b, "c" | true |
            | 0 | `↵` | 2 | -0.1000 | rest | - | false |
            | 0 | `∅` | 9 | - | rest | two↵lines | false |

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Json_HasRunTablesAndFigures()
    {
        var json = JObject.Parse(Written<Some>("json"));

        Assert.That(json.Properties().Select(property => property.Name), Is.EqualTo(["run", "tables", "figures"]));
        Assert.That((string?)json["run"]!["model"]!["name"], Is.EqualTo("fake"));
        Assert.That((string?)json["run"]!["verdict"], Is.EqualTo("exact"));
        var rows = (JArray)json["tables"]!["pairs"]!;
        Assert.That(rows, Has.Count.EqualTo(6));
        Assert.That(rows[1].ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"layer":0,"input":"\n","input_id":2,"score":-0.1,"kind":"rest","remark":null,"good":false}"""));
    }

    [Test]
    public void Json_Figures_AreDataInSnakeCase()
    {
        var figures = JObject.Parse(Written<Figures>("json"))["figures"]!;

        Assert.That(figures["map"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"kind":"heatmap","title":"Title","x_title":"x","y_title":"y","x_labels":["a","b"],"y_labels":["c"],"values":[[1.0,null]],"signed":true}"""));
        Assert.That(figures["points"]!["points"]![0]!["y"]!.Type, Is.EqualTo(JTokenType.Null));
    }

    [Test]
    public void Of_UnknownFormat_ListsTheKnown()
    {
        Assert.That(() => ResultWriter.Of("pdf"), Throws.TypeOf<UsageException>().With.Message.EqualTo("--format 'pdf': expected table, csv, json, md."));
        Assert.That(() => Written<Some>("csv", new ResultView { Table = "none" }), Throws.TypeOf<UsageException>().With.Message.EqualTo("--table 'none': this run has pairs."));
    }

    [Test]
    public void Add_NaN_FailsTheRun()
    {
        Assert.That(InlinePlugin.Run<AddsNaN>().Error, Has.Message.EqualTo("Analysis 'inline' failed: ArgumentException: Row 0 of table 'pairs' has NaN in 'Score'."));
    }

    [Test]
    public void Table_SameNameTwice_FailsTheRun()
    {
        Assert.That(InlinePlugin.Run<SameNameTwice>().Error, Has.Message.Contains("already a table 'pairs'"));
    }

    [Test]
    public void RunFolder_HasProvenanceTablesAndFigures()
    {
        using var folder = new TemporaryFolder();
        InlinePlugin.Run<Some>(folder: folder.Path);
        Assert.That(File.ReadAllText(Path.Combine(folder.Path, "pairs.csv")), Is.EqualTo(Written<Some>("csv")));

        // A second run replaces the files of the first and leaves others alone.
        folder.File("mine.txt", "keep");
        InlinePlugin.Run<Figures>(folder: folder.Path);

        var files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder.Path, path).Replace('\\', '/'));
        Assert.That(files, Is.EquivalentTo(["mine.txt", "run.json", "figures/map.json", "figures/points.json"]));
        var run = JObject.Parse(File.ReadAllText(Path.Combine(folder.Path, "run.json")));
        Assert.That(run["files"]!.Values<string>(), Is.EqualTo(["figures/map.json", "figures/points.json"]));
        Assert.That((string?)run["plugin"], Is.EqualTo("inline"));
        Assert.That((string?)run["contract_version"], Is.EqualTo("1.0"));
        Assert.That((string?)run["status"], Is.EqualTo("complete"));
    }

    private sealed class AsksForTooMuch : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            throw new UsageException("--layer 9: this model has layers 0 to 3.");
        }
    }

    [Test]
    public void RunFolder_WrongRequest_LeavesAnEarlierRunAlone()
    {
        using var folder = new TemporaryFolder();
        var (used, unused) = (Path.Combine(folder.Path, "used"), Path.Combine(folder.Path, "unused"));
        InlinePlugin.Run<Some>(folder: used);
        var before = Directory.GetFiles(used).ToDictionary(path => path, File.ReadAllText);

        InlinePlugin.Run<AsksForTooMuch>(folder: used);
        InlinePlugin.Run<AsksForTooMuch>(folder: unused);

        Assert.That(Directory.GetFiles(used).ToDictionary(path => path, File.ReadAllText), Is.EqualTo(before));
        Assert.That(Directory.Exists(unused), Is.False);
    }

    [Test]
    public void RunFolder_ListOfEarlierRunLeavesTheFolder_IsNotBelieved()
    {
        using var folder = new TemporaryFolder();
        var outside = folder.File("outside.txt", "keep");
        folder.File("run/run.json", """{"files":["../outside.txt","figures/../../outside.txt"]}""");

        InlinePlugin.Run<Some>(folder: Path.Combine(folder.Path, "run"));

        Assert.That(File.Exists(outside));
    }

    [Test]
    public void File_OutsideTheFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();

        Assert.That(InlinePlugin.Run<LeavesFolder>(folder: folder.Path).Error, Has.Message.Contains("must be a plain file name"));
    }

    [Test]
    public void File_WriterThrows_NothingHalfRemains()
    {
        using var folder = new TemporaryFolder();

        InlinePlugin.Run<HalfAFile>(folder: folder.Path);

        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(["whole.bin", "run.json"]));
    }

    [Test]
    public void File_WithoutRunFolder_SaysToGiveOne()
    {
        Assert.That(InlinePlugin.Run<HalfAFile>().Error, Is.TypeOf<UsageException>().With.Message.EqualTo("This analysis writes files ('whole.bin'); give --out FOLDER."));
    }
}
