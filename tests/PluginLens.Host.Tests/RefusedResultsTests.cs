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
