using System.Text;
using PluginLens.Host;

namespace PluginLens.Report.Tests;

/// <summary>The file itself, without a browser.</summary>
public sealed class ReportFileTests
{
    private static byte[] Written(params string[] folders)
    {
        using var page = new MemoryStream();
        ReportFile.Write(folders, page);
        return page.ToArray();
    }

    [Test]
    public void SameFolders_GiveTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        HostileRun.Write(folder.At("run"));

        Assert.That(Written(folder.At("run")), Is.EqualTo(Written(folder.At("."))));
    }

    [Test]
    public void Page_ForbidsTheNetworkAndEval_AndHoldsNoTextOfTheRun()
    {
        using var folder = new TemporaryFolder();
        HostileRun.Write(folder.At("run"));

        var page = Encoding.UTF8.GetString(Written(folder.At("run")));

        Assert.That(page, Does.Contain("default-src 'none'; script-src 'sha256-").And.Not.Contain("unsafe-"));
        Assert.That(page, Does.Not.Contain("alert(1)").And.Not.Contain("alert(4)").And.Not.Contain("שלום").And.Not.Contain("<img").And.Not.Contain("<link"));
    }

    [Test]
    public void FolderWithoutARun_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("empty"));

        Assert.That(() => Written(folder.At("empty")), Throws.TypeOf<UsageException>().With.Message.Contains("holds no run"));
        Assert.That(() => Written(folder.At("nowhere")), Throws.TypeOf<UsageException>().With.Message.Contains("There is no folder"));
        var command = Cli.Tests.Cli.Run("report", folder.At("empty"));
        Assert.That((command.ExitCode, command.Errors.Split('\n').Length), Is.EqualTo((2, 2)), command.Errors);
        Assert.That(Directory.EnumerateFileSystemEntries(folder.At("empty")), Is.Empty);
    }

    [Test]
    public void BrokenTable_IsRefused()
    {
        using var folder = new TemporaryFolder();
        LargeRun.Write(folder.At("run"), 3);
        File.AppendAllText(folder.At("run/rows.csv"), "1,2\n");

        Assert.That(() => Written(folder.At("run")), Throws.TypeOf<UsageException>().With.Message.Contains("rows.csv' has a row of 2 fields; its header has 4"));
    }

    [Test]
    public void Columns_AreHeldAsWhatTheyAre_AndAsTextsWhereThatLosesSomething()
    {
        static string Kind(ColumnKind kind, params string[] fields)
        {
            var shape = new ColumnShape("column", kind);
            Array.ForEach(fields, shape.Add);
            return shape.Kind;
        }

        Assert.That(Kind(ColumnKind.Integer, "1", "", "-3"), Is.EqualTo("int"));
        Assert.That(Kind(ColumnKind.Integer, "1", "007"), Is.EqualTo("text"));
        Assert.That(Kind(ColumnKind.Number, "1", "2.5", "1E-30"), Is.EqualTo("number"));
        Assert.That(Kind(ColumnKind.Number, "1", "NaN"), Is.EqualTo("text"));
        Assert.That(Kind(ColumnKind.Boolean, "true", "false", ""), Is.EqualTo("flag"));
        Assert.That(Kind(ColumnKind.Token, "1", "2"), Is.EqualTo("token"));
        Assert.That(Kind(ColumnKind.Text, "0", "1"), Is.EqualTo("text"));
    }
}
