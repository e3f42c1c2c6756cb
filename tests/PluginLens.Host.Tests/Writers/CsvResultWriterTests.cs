using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests.Writers;

/// <summary>Every row, as it is: tokens raw with their ids, and commands to a terminal told apart from text.</summary>
public sealed class CsvResultWriterTests
{
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

    private sealed class Two : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs").Add(new Row(0, default, 1, Kind.Rest, null, false));
            context.Results.Table<Row>("others").Add(new Row(1, default, 2, Kind.Rest, null, false));
        }
    }

    /// <summary>What readers of CSV read is one table.</summary>
    [Test]
    public void Csv_OfSeveralTables_WantsOneToBeChosen()
    {
        Assert.That(() => Written<Two>("csv"), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "--format csv prints one table, and there are 2: pairs, others. Choose with --table pairs, or give --out FOLDER, which writes each into a file."));
        Assert.That(Written<Two>("csv", new ResultView { Table = "others" }), Does.StartWith("layer,input").And.Contain("\n1,"));
    }
}
