using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary><c>run --top --sort --where --columns</c>: what is printed, in every format; files have everything.</summary>
public sealed class PrintedTablesTests
{
    private static readonly string[] Pairs = ["ov-pairs", "--model", "tiny-gpt2", "--layer", "0", "--head", "0", "--k", "30", "--quiet"];
    private static readonly string[] Query = ["--where", "rank > 2 and rank != 5", "--sort", "-rank", "--top", "3", "--columns", "rank,score"];

    [Test]
    public void EveryFormat_HasTheSameRowsAndColumns()
    {
        using var folder = new TemporaryFolder();

        var csv = Cli.Run([.. Pairs, .. Query, "--format", "csv", "--out", folder.At("run")]);

        Assert.That(csv.ExitCode, Is.Zero, csv.Errors);
        Assert.That(csv.Output.Split('\n').Select(line => line.Split(',')[0]), Is.EqualTo(new[] { "rank", "30", "29", "28", string.Empty }));
        Assert.That(File.ReadLines(folder.At("run/ov-pairs.csv")).Count(), Is.EqualTo(31), "the folder has every row");
        Assert.That(File.ReadLines(folder.At("run/ov-pairs.csv")).First(), Does.StartWith("layer,head,rank,input,input_id"));
        var json = JObject.Parse(Cli.Run([.. Pairs, .. Query, "--format", "json"]).Output)["tables"]!["ov-pairs"]!;
        Assert.That(json.Select(row => string.Join(' ', ((JObject)row).Properties().Select(cell => cell.Name))), Is.EqualTo(new[] { "rank score", "rank score", "rank score" }));
        Assert.That(json.Select(row => (int)row["rank"]!), Is.EqualTo(new[] { 30, 29, 28 }));
        Assert.That(Cli.Run([.. Pairs, .. Query]).Output, Does.StartWith("ov-pairs: 3 of 30 rows\nrank   score\n  30  ").And.Not.Contain("more"));
        Assert.That(Cli.Run([.. Pairs, .. Query, "--format", "md"]).Output, Does.StartWith("## ov-pairs\n\n3 of 30 rows\n\n| rank | score |\n|---:|---:|\n| 30 | "));
    }

    [TestCase("--where", "scor > 1", "--where 'scor > 1': no table has a column 'scor'; did you mean 'score'?")]
    [TestCase("--where", "score >", "--where 'score >': expected a value, found the end")]
    [TestCase("--where", "score > abc", "'score' holds numbers")]
    [TestCase("--sort", "ranks", "did you mean 'rank'?")]
    [TestCase("--columns", "layer,outpt", "did you mean 'output'")]
    [TestCase("--top", "0", "--top 0: expected a positive number of rows.")]
    public void WhatCannotBeAnswered_IsSaidInOneLine_BeforeAnythingRuns(string option, string value, string said)
    {
        using var folder = new TemporaryFolder();

        var result = Cli.Run([.. Pairs, option, value, "--out", folder.At("run")]);

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, string.Empty)));
        Assert.That(result.Errors, Does.Contain(said));
        Assert.That(result.Errors.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(Directory.Exists(folder.At("run")), Is.False);
    }

    [Test]
    public void TableWithoutTheColumn_IsNotPrinted_AndNamed()
    {
        string[] lens = ["logit-lens", "--model", "tiny-gpt2", "--prompt", "the king", "--format", "csv", "--quiet"];

        var some = Cli.Run([.. lens, "--where", "probability > 0.1"]);

        Assert.That((some.ExitCode, some.Errors), Is.EqualTo((0, "not printed: table 'logit-lens', which has no column 'probability'\n")));
        Assert.That(some.Output, Does.StartWith("prompt,position,").And.Not.Contain("# table"));
        Assert.That(Cli.Run([.. lens, "--where", "probability > 0.1", "--table", "logit-lens"]), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("table 'logit-lens' has no column 'probability'"));
        Assert.That(Cli.Run("run", "--plugin", "all", "--out", "never", "--top", "3"), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("prints none"));
    }

    [Test]
    public void SeveralModels_HaveAColumnOfTheirNames()
    {
        var result = Cli.Run([.. Pairs, "--model", "tiny-gpt2-b", "--where", "model = tiny-gpt2-b", "--columns", "model,rank", "--top", "2", "--format", "csv"]);

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "model,rank\ntiny-gpt2-b,1\ntiny-gpt2-b,2\n")), result.Errors);
    }

    [Test]
    public void Completion_KnowsTheColumns() => Assert.That(Cli.Run("complete", "--", "ov-pairs", "--sort", "sc").Output, Is.EqualTo("score\n"));

    [Test]
    public void Rerun_UnderstandsWhatWasTyped_AsRunDoes()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Cli.Run([.. Pairs, .. Query, "--out", folder.At("run")]).ExitCode, Is.Zero);

        var again = Cli.Run("rerun", folder.At("run"));

        Assert.That((again.ExitCode, again.Output), Is.EqualTo((0, "ov-pairs: the same was found\n")), again.Errors);
    }
}
