namespace PluginLens.Cli.Tests;

/// <summary>The print of <c>key-query-output --layout document</c> is the one that an independent implementation makes of its own values: tests/Golden/embedded/make_tables.py.</summary>
public sealed class KeyQueryOutputDocumentTests
{
    [Test]
    public void Document_OnTheAttentionOnlyModel_IsTheIndependentPrint()
    {
        using var folder = new TemporaryFolder();

        var result = Cli.Run(
            "run", "--plugin", "key-query-output", "--model", "tiny-attn-2l", "--head", "0,2", "--keys", "3", "--queries", "8", "--outputs", "8", "--layout", "document", "--out", folder.At("run"));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(
            File.ReadAllText(folder.At("run/key-query-output-document.txt")), Is.EqualTo(File.ReadAllText(Path.Combine(Cli.Root, "tests", "Golden", "embedded", "key-query-output.txt"))));
    }

    [Test]
    public void Frequencies_TakeTheTableOfATokenFreqRun()
    {
        using var folder = new TemporaryFolder();
        string[] tables = ["run", "--plugin", "key-query-output", "--model", "tiny-attn-2l", "--layer", "0", "--head", "0", "--format", "csv", "--table", "key-query-output"];
        var words = Path.Combine(Cli.Root, "models", "data", "reviews-sample.csv");

        var counted = Cli.Run("run", "--plugin", "token-freq", "--model", "tiny-attn-2l", "--words", words, "--out", folder.At("counts"));
        var (byTable, byText) = (Cli.Run([.. tables, "--frequencies", folder.At("counts/token-freq.csv")]), Cli.Run([.. tables, "--words", words]));

        Assert.That((counted.ExitCode, byTable.ExitCode, byText.ExitCode), Is.EqualTo((0, 0, 0)), byTable.Errors);
        Assert.That(byTable.Output, Is.EqualTo(byText.Output).And.Not.EqualTo(Cli.Run(tables).Output));
    }
}
