using Newtonsoft.Json.Linq;
using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests;

/// <summary>What a run leaves in its folder, and what of an earlier one it takes away.</summary>
public sealed class RunFolderTests
{
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
}
