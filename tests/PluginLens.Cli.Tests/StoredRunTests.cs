using System.IO.Compression;
using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>What becomes of a run that was kept: pictures, spreadsheets, a comparison with another.</summary>
public sealed class StoredRunTests
{
    /// <summary>The page that a run makes of itself is the one that report makes of it later, and a run that replaces it takes it away.</summary>
    [Test]
    public void RunWithReport_KeepsItsPage([Values] bool isolated)
    {
        using var folder = new TemporaryFolder();
        string[] run = ["run", "--plugin", "isotropy", "--model", "tiny-gpt2", "--out", folder.At("run"), .. isolated ? ["--isolate"] : Array.Empty<string>()];

        var result = Cli.Run([.. run, "--report"]);

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, $"wrote {folder.At("run")}\n")));
        Assert.That(Cli.Run("report", folder.At("run"), "--out", folder.At("later.html")).ExitCode, Is.Zero);
        Assert.That(File.ReadAllBytes(folder.At("run/report.html")), Is.EqualTo(File.ReadAllBytes(folder.At("later.html"))));
        Assert.That(Cli.Run([.. run, "--force"]).Errors, Is.EqualTo($"wrote {folder.At("run")}\n"), "nothing of it is foreign");
        Assert.That(File.Exists(folder.At("run/report.html")), Is.False);

        // A page that was changed since is somebody's work.
        Assert.That(Cli.Run([.. run, "--force", "--report"]).ExitCode, Is.Zero);
        File.WriteAllText(folder.At("run/report.html"), File.ReadAllText(folder.At("run/report.html")).Replace("isotropy", "Isotropy", StringComparison.Ordinal));
        Assert.That(Cli.Run([.. run, "--force"]).Errors, Does.Contain("held files that no run had written"));
        Assert.That(File.Exists(folder.At("run.before-1/report.html")), Is.True);
        Assert.That(Cli.Run("run", "--plugin", "isotropy", "--report"), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").EqualTo("pluginlens: --report is about the folder of --out; name it.\n"));
    }

    [Test]
    public void StoredRuns_AreDrawn_Converted_AndCompared()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, seed) in new[] { ("a", "0"), ("b", "1") })
        {
            Assert.That(Cli.Run("run", "--plugin", "head-detector", "--model", "tiny-gpt2", "--seed", seed, "--out", folder.At(name)).ExitCode, Is.Zero);
        }

        var figures = Directory.GetFiles(folder.At("a/figures")).Select(Path.GetFileNameWithoutExtension).Order().ToList();
        var drawn = Cli.Run("figures", folder.At("a"));
        Assert.That((drawn.ExitCode, drawn.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length), Is.EqualTo((0, figures.Count)), drawn.Errors);
        Assert.That(Directory.GetFiles(folder.At("a/figures"), "*.svg").Select(Path.GetFileNameWithoutExtension).Order(), Is.EqualTo(figures).And.Not.Empty);
        Assert.That(Cli.Run("figures", folder.At("a"), "--as", "png", "--out", folder.At("png")).ExitCode, Is.Zero);
        Assert.That(Directory.GetFiles(folder.At("png"), "*.png").Select(Path.GetFileNameWithoutExtension).Order(), Is.EqualTo(figures));

        Assert.That(Cli.Run("convert", folder.At("a"), "--to", "xlsx").Output, Is.EqualTo(folder.At("a/tables.xlsx") + "\n"));
        using (var sheets = ZipFile.OpenRead(folder.At("a/tables.xlsx")))
        {
            Assert.That(sheets.Entries.Count(entry => entry.FullName.StartsWith("xl/worksheets/sheet", StringComparison.Ordinal)), Is.EqualTo(3), "two tables and what ran");
        }

        Assert.That(Cli.Run("convert", folder.At("a"), "--to", "csv", "--out", folder.At("csv")).ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(folder.At("csv/head-detector.csv")), Is.EqualTo(File.ReadAllText(folder.At("a/head-detector.csv"))), "no text of it could be a formula");

        var diff = JObject.Parse(Cli.Run("diff", folder.At("a"), folder.At("b"), "--format", "json").Output);
        Assert.That((int)diff["tables"]![0]!["common"]!, Is.EqualTo(16));
        Assert.That((string?)diff["circumstances"]![0]!["what"], Is.EqualTo("seed"));
        Assert.That(Cli.Run("diff", folder.At("a"), folder.At("b"), "--format", "html", "--out", folder.At("diff.html")).Output, Is.EqualTo(folder.At("diff.html") + "\n"));
        Assert.That(File.ReadAllText(folder.At("diff.html")), Does.StartWith("<!doctype html>").And.EndWith("</html>\n"));
    }

    [TestCase("figures artifacts/never")]
    [TestCase("convert artifacts/never")]
    [TestCase("diff artifacts/never artifacts/never")]
    [TestCase("diff artifacts/never artifacts/never --k 0")]
    [TestCase("figures artifacts/never --as gif")]
    public void WhatIsNoRun_IsAUsageError(string arguments)
    {
        var result = Cli.Run(arguments.Split(' '));

        Assert.That((result.ExitCode, result.Errors.TrimEnd('\n').Split('\n').Length), Is.EqualTo((2, 1)), result.Errors);
    }
}
