namespace PluginLens.Cli.Tests;

/// <summary>A folder dropped in is another analysis; taking it away removes it.</summary>
public sealed class PluginFolderTests
{
    private static readonly string BuiltIn = Path.Combine(Path.GetDirectoryName(Cli.Program)!, "plugins");

    [Test]
    public void List_NamesEveryAnalysisWithoutLoadingOne()
    {
        var result = Cli.Run("list");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        foreach (var folder in Directory.GetDirectories(BuiltIn))
        {
            Assert.That(result.Output, Does.Contain(Path.GetFileName(folder)));
        }
    }

    [Test]
    public void FolderCopiedIn_IsListedAndRuns_DeletedItIsGone()
    {
        using var folder = new TemporaryFolder();
        var copy = folder.At("plugins/my-norms");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(Path.Combine(BuiltIn, "token-norms")))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var manifest = Path.Combine(copy, "plugin.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("token-norms", "my-norms", StringComparison.Ordinal));
        CliResult With(params string[] arguments) => Cli.Run([.. arguments, "--plugins", folder.At("plugins")]);

        Assert.That(With("list").Output, Does.Contain("my-norms"));
        Assert.That(With("run", "--plugin", "my-norms").ExitCode, Is.Zero);
        Directory.Delete(copy, recursive: true);
        Assert.That(With("list").Output, Does.Not.Contain("my-norms"));
        Assert.That(With("run", "--plugin", "my-norms").ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void BrokenPlugin_IsReportedByList_AndAnErrorWhenNamed()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("plugins/broken"));
        File.WriteAllText(folder.At("plugins/broken/plugin.json"), "{ \"id\": ");

        var listed = Cli.Run("list", "--plugins", folder.At("plugins"));
        var named = Cli.Run("run", "--plugin", "broken", "--plugins", folder.At("plugins"));

        Assert.That((listed.ExitCode, named.ExitCode), Is.EqualTo((0, 2)), named.Errors);
        Assert.That(listed.Errors, Does.Contain("broken"));
        Assert.That(listed.Output, Does.Contain("ov-pairs"));
    }

    [TestCase("run --plugin writes-to-console --format csv", "number\n1\n")]
    [TestCase("run --plugin writes-to-console --format json", "{")]
    [TestCase("describe writes-to-console --format json", "{")]
    public void PluginThatPrints_LeavesStandardOutputToTheResult(string command, string start)
    {
        var result = Cli.Run([.. command.Split(' '), "--plugins", Path.Combine(Cli.Root, "artifacts", "fixtures")]);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.StartWith(start).And.Not.Contain("printed"));
        Assert.That(result.Errors, Does.Contain("printed by the options"));
        if (command.StartsWith("run", StringComparison.Ordinal))
        {
            Assert.That(result.Errors, Does.Contain("printed by the constructor").And.Contain("printed by the analysis").And.Contain("printed by a task"));
        }
    }
}
