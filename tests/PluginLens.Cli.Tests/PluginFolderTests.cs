using System.Text;
using System.Text.Json;

namespace PluginLens.Cli.Tests;

/// <summary>A folder dropped in is another analysis; taking it away removes it.</summary>
public sealed class PluginFolderTests
{
    private static readonly string BuiltIn = Path.Combine(Path.GetDirectoryName(Cli.Program)!, "plugins");

    [Test]
    public void List_NamesEveryAnalysis_AndFindsNoFault()
    {
        var result = Cli.Run("list");

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, string.Empty)));
        var pages = Directory.GetDirectories(BuiltIn).SelectMany(folder => Directory.GetFiles(folder, "*.md")).Select(page => Path.GetFileNameWithoutExtension(page)).ToList();
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => line.Split(' ')[0]), Is.EquivalentTo(pages));
    }

    [Test]
    public void EveryAnalysis_CanBeLoaded_AndDeclaresForWhichModelsItHolds()
    {
        var result = Cli.Run("inspect", "tiny-gpt2", "--format", "json");

        Assert.That(JsonDocument.Parse(result.Output).RootElement.GetProperty("analyses").EnumerateArray().Select(analysis => analysis.GetProperty("verdict").GetString()), Is.All.EqualTo("exact"));
    }

    [Test]
    public void Describe_NamesThePage_TheTables_AndForWhichModelsItHolds()
    {
        var result = Cli.Run("describe", "ov-pairs");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Match("Page: .*ov-pairs.md\n"));
        Assert.That(result.Output, Does.Contain("  ov-pairs   with --paper-order\n      layer, head, rank, output, output_id, input, input_id, score, output_large_norm, input_large_norm, high_bias\n"));
        Assert.That(result.Output, Does.Contain("  approximate  no-unembed: ").And.Contain("  exact        otherwise\n"));
        Assert.That(Cli.Run("describe", "isotropy").Output, Does.Contain("  exact        every model: it reads the embeddings alone\n").And.Not.Contain("otherwise"));
    }

    [Test]
    public void FolderCopiedIn_IsListedAndRuns_DeletedItIsGone()
    {
        using var folder = new TemporaryFolder();
        Copied(folder, "other-norms");
        CliResult With(params string[] arguments) => Cli.Run([.. arguments, "--plugins", folder.At("plugins")]);

        Assert.That(With("list").Output, Does.Contain("other-norms"));
        Assert.That(With("run", "--plugin", "other-norms").ExitCode, Is.Zero);
        Directory.Delete(folder.At("plugins/TokenNorms"), recursive: true);
        Assert.That(With("list").Output, Does.Not.Contain("other-norms"));
        Assert.That(With("run", "--plugin", "other-norms").ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void SameIdInTwoFolders_IsAnErrorForThatIdAlone()
    {
        using var folder = new TemporaryFolder();
        Copied(folder, "token-norms");
        CliResult With(params string[] arguments) => Cli.Run([.. arguments, "--plugins", folder.At("plugins")]);

        var named = With("run", "--plugin", "token-norms");
        Assert.That(named.ExitCode, Is.EqualTo(2));
        Assert.That(named.Errors, Does.Contain(folder.At("plugins/TokenNorms")).And.Contain(Path.Combine(BuiltIn, "TokenNorms")));
        Assert.That(With("list").Errors, Does.Contain("have the same analyses (token-norms)"));
        Assert.That(With("describe", "ov-pairs").ExitCode, Is.Zero);
    }

    [Test]
    public void BrokenPlugin_IsReportedByList_AndNamedWhereItsAnalysisIsAskedFor()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("plugins/Broken"));
        File.WriteAllText(folder.At("plugins/Broken/Broken.dll"), "MZ");

        var listed = Cli.Run("list", "--plugins", folder.At("plugins"));
        var named = Cli.Run("run", "--plugin", "of-broken", "--plugins", folder.At("plugins"));

        Assert.That((listed.ExitCode, named.ExitCode), Is.EqualTo((0, 2)), named.Errors);
        Assert.That(listed.Errors, Does.Contain("Plugin 'Broken'"));
        Assert.That(named.Errors, Does.Contain("No analysis 'of-broken'").And.Contain("Plugin 'Broken'"));
        Assert.That(listed.Output, Does.Contain("ov-pairs"));
    }

    /// <summary>A copy of the template's plugin whose analysis has another id of the same length.</summary>
    /// <summary>A copy of a plugin of the program under plugins/TokenNorms, whose analysis has another id.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="id">As long as token-norms.</param>
    internal static void Copied(TemporaryFolder folder, string id)
    {
        var copy = Directory.CreateDirectory(folder.At("plugins/TokenNorms")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(BuiltIn, "TokenNorms")))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var assembly = Path.Combine(copy, "TokenNorms.dll");
        var bytes = File.ReadAllBytes(assembly);
        var (old, wanted) = (Encoding.UTF8.GetBytes("token-norms"), Encoding.UTF8.GetBytes(id));
        Assert.That(wanted, Has.Length.EqualTo(old.Length));
        wanted.CopyTo(bytes, bytes.AsSpan().IndexOf(old));
        File.WriteAllBytes(assembly, bytes);
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
