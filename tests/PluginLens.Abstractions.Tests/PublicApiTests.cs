namespace PluginLens.Tests;

public sealed class PublicApiTests
{
    private static readonly string Approved = Path.Combine(Repository.Root, "tests", "PluginLens.Abstractions.Tests", "PublicApi.approved.txt");

    /// <summary>
    /// Plugins are compiled against this surface. Adding to it is a minor version of the contract, anything else a major one. To approve
    /// a change, run the tests with PLUGINLENS_APPROVE=1 and commit the file together with the change and a line in the changelog.
    /// </summary>
    [Test]
    public void Contract_IsAsApproved()
    {
        var found = PublicApi.Of(typeof(IAnalysis).Assembly);
        if (Environment.GetEnvironmentVariable("PLUGINLENS_APPROVE") == "1")
        {
            File.WriteAllText(Approved, found);
        }

        var approved = File.ReadAllText(Approved).ReplaceLineEndings("\n");
        var (gone, added) = (approved.Split('\n').Except(found.Split('\n')), found.Split('\n').Except(approved.Split('\n')));
        Assert.That(found, Is.EqualTo(approved), $"Gone: {string.Join(" | ", gone)}\nNew: {string.Join(" | ", added)}\nPLUGINLENS_APPROVE=1 ./test approves it.");
    }
}
