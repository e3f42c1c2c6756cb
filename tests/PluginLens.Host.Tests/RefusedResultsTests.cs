using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests;

/// <summary>What an analysis may not write fails its run.</summary>
public sealed class RefusedResultsTests
{
    private sealed class AddsNaN : IAnalysis
    {
        public void Run(AnalysisContext context) =>
            context.Results.Table<Row>("pairs").Add(new Row(0, default, double.NaN, Kind.Rest, null, false));
    }

    [Test]
    public void Add_NaN_FailsTheRun()
    {
        Assert.That(InlinePlugin.Run<AddsNaN>().Error, Has.Message.EqualTo("Analysis 'inline' failed: ArgumentException: Row 0 of table 'pairs' has NaN in 'Score'."));
    }

    private sealed record TextRow(int Number, string? Text);

    private sealed class AddsText(int length) : IAnalysis
    {
        public AddsText()
            : this((1 << 24) + 1)
        {
        }

        public void Run(AnalysisContext context)
        {
            var rows = context.Results.Table<TextRow>("texts");
            rows.Add(new TextRow(1, null));
            rows.Add(new TextRow(2, new string('"', length)));
        }
    }

    private sealed class AddsLongestText : IAnalysis
    {
        public void Run(AnalysisContext context) => new AddsText(1 << 24).Run(context);
    }

    [Test]
    public void Add_HugeText_FailsTheRun_AndTheRowsBeforeStay()
    {
        using var folder = new TemporaryFolder();

        var result = InlinePlugin.Run<AddsText>(folder: Path.Combine(folder.Path, "run"));

        Assert.That(result.Error, Has.Message.EqualTo(
            "Analysis 'inline' failed: ArgumentException: Row 1 of table 'texts' has 16777217 characters in 'Text'; a cell holds 16777216 at most. Write long texts as a file of the run (Results.File)."));
        Assert.That(File.ReadAllText(Path.Combine(folder.Path, "run", "texts.incomplete.csv")), Is.EqualTo("number,text\n1,\n"));
    }

    /// <summary>The longest text that is taken, all of it quotes, which CSV doubles, comes back as it was.</summary>
    [Test]
    public void Add_LongestText_IsWrittenWhole()
    {
        using var folder = new TemporaryFolder();

        Assert.That(InlinePlugin.Run<AddsLongestText>(folder: Path.Combine(folder.Path, "run")).Error, Is.Null);

        var written = File.ReadAllText(Path.Combine(folder.Path, "run", "texts.csv"));
        Assert.That(written, Has.Length.EqualTo("number,text\n1,\n2,\"\"\n".Length + (2 << 24)));
        Assert.That(written.Count(character => character == '"'), Is.EqualTo(2 + (2 << 24)));
    }

    private sealed class SameNameTwice : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Table<Row>("pairs");
            context.Results.Table<Row>("pairs");
        }
    }

    [Test]
    public void Table_SameNameTwice_FailsTheRun()
    {
        Assert.That(InlinePlugin.Run<SameNameTwice>().Error, Has.Message.Contains("already a table 'pairs'"));
    }

    private sealed class LeavesFolder : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.File("../escape.txt", _ => { });
    }

    [Test]
    public void File_OutsideTheFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();

        Assert.That(InlinePlugin.Run<LeavesFolder>(folder: folder.Path).Error, Has.Message.Contains("must be a plain file name"));
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
