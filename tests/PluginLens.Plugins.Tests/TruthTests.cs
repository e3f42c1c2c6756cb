using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>Nothing is said of an analysis that no test holds it to, and nothing in the code goes unsaid: analyses, hooks and their names are found, not listed here.</summary>
public sealed partial class TruthTests
{
    private static readonly string Plugins = Path.Combine(Repository.Root, "src", "Plugins");

    private static readonly Lazy<ILookup<string, string>> Golden = new(() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Golden", "embedded"), "*.json")
        .SelectMany(path => Cases(path).Select(id => (Id: id, Path: path))).ToLookup(entry => entry.Id, entry => entry.Path));

    private static readonly Lazy<string[]> CheckpointTests = new(() => Sources("Checkpoints"));

    private static readonly Lazy<string[]> PlantedTests = new(() => Sources(string.Empty));

    private static IEnumerable<TestCaseData> All => Analyses.All.Select(type => new TestCaseData(type).SetArgDisplayNames(Analyses.Id(type)));

    /// <summary>An analysis whose tables count and name what it did, and hold no measured number, has nothing that a golden case could hold it to.</summary>
    [TestCaseSource(nameof(All))]
    public void Analysis_HasPage_GoldenCase_PlantedAndNaiveTests(Type analysis)
    {
        var missing = new List<string>();
        var source = Directory.EnumerateFiles(Plugins, $"{analysis.Name}.cs", SearchOption.AllDirectories).Single();
        var page = Path.Combine(Path.GetDirectoryName(source)!, $"{Analyses.Id(analysis)}.md");
        if (!File.Exists(page))
        {
            missing.Add($"its page {Path.GetRelativePath(Repository.Root, page)}");
        }
        else if (!File.ReadAllText(page).Contains("```console\n", StringComparison.Ordinal))
        {
            missing.Add("a console block on its page");
        }

        if (Measures(analysis) && !Golden.Value.Contains(Analyses.Id(analysis)))
        {
            missing.Add($"a golden case: a file in tests/Golden/embedded whose arguments are --plugin {Analyses.Id(analysis)} …");
        }

        if (!HasTestsOfItsOwn(analysis) && !Run(analysis, PlantedTests.Value))
        {
            missing.Add($"planted tests: [Test]s of its own in the class that derives from AnalysisTests<{analysis.Name}>");
        }

        if (!Run(analysis, CheckpointTests.Value))
        {
            missing.Add($"tests against a naive form on the checkpoints: tests/PluginLens.Plugins.Tests/Checkpoints/{analysis.Name}CheckpointTests.cs");
        }

        Assert.That(missing, Is.Empty, $"{Analyses.Id(analysis)} lacks what every analysis has.");
    }

    [Test]
    public void Golden_CasesAreOfAnalysesThatExist() => Assert.That(Golden.Value.Select(group => group.Key), Is.SubsetOf(Analyses.All.Select(Analyses.Id)));

    [Test]
    public void Readme_RowsAreTheAnalyses_BothWays()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var table = readme[readme.IndexOf("\n| id | shows | source |\n", StringComparison.Ordinal)..].Split("\n\n")[0];
        var rows = table.Split('\n').Select(line => line.Split('|') is [_, var ids, ..] ? ids : string.Empty).SelectMany(ids => Quoted().Matches(ids)).Select(match => match.Groups[1].Value);

        Assert.That(rows, Is.EquivalentTo(Analyses.All.Select(Analyses.Id)));
    }

    /// <summary>That each line of an exactness list is the code's is tested with each analysis; this is the sentence for all models, which nothing else may say.</summary>
    [TestCaseSource(nameof(All))]
    public void Page_SaysExactForEveryModel_OnlyWhereTheCodeDoes(Type analysis)
    {
        var page = File.ReadAllText(Directory.EnumerateFiles(Plugins, $"{Analyses.Id(analysis)}.md", SearchOption.AllDirectories).Single());
        var stated = analysis.GetCustomAttributes<HoldsAttribute>().Where(holds => holds.Trait is null).Select(holds => $"Exact for every model: {holds.Because}");

        Assert.That(Exact().Matches(page).Select(match => match.Value), Is.EquivalentTo(stated));
    }

    [Test]
    public void Terms_NameTheHooksOfTheCode_BothWays()
    {
        string[] kinds = [".cs", ".py", ".graph", ".table"];
        var code = ((string[])["src", "export-scripts"])
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
            .Where(path => kinds.Contains(Path.GetExtension(path)) && !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(path => Hook().Matches(File.ReadAllText(path)).Select(match => match.Value)).ToHashSet(StringComparer.Ordinal);
        var terms = Hook().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "terms.md"))).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

        Assert.That(code.Except(terms).Order(), Is.Empty, "hooks that docs/terms.md does not explain");
        Assert.That(terms.Except(code).Order(), Is.Empty, "hooks of docs/terms.md that nothing in src or export-scripts makes");
        Assert.That(terms, Has.Count.GreaterThan(20));
    }

    private static bool Measures(Type analysis) =>
        analysis.GetCustomAttributes<WritesAttribute>().SelectMany(writes => writes.Row.GetProperties()).Any(column => (Nullable.GetUnderlyingType(column.PropertyType) ?? column.PropertyType) is var type && (type == typeof(double) || type == typeof(float)));

    private static bool HasTestsOfItsOwn(Type analysis) => typeof(TruthTests).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: false } && type.IsSubclassOf(typeof(AnalysisTests<>).MakeGenericType(analysis)))
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Any(method => method.GetCustomAttributes().Any(attribute => attribute is NUnit.Framework.Interfaces.ITestBuilder or NUnit.Framework.Interfaces.ISimpleTestBuilder));

    private static string[] Sources(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "PluginLens.Plugins.Tests", folder), "*Tests.cs").Select(File.ReadAllText)];

    /// <summary>Whether one of the sources makes the analysis itself: several may share their tests.</summary>
    private static bool Run(Type analysis, string[] sources) => sources.Any(text => Regex.IsMatch(text, $@"\bnew ([A-Za-z]+\.)*{analysis.Name}\(\)"));

    private static IEnumerable<string> Cases(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        if (!json.RootElement.TryGetProperty("arguments", out var arguments))
        {
            yield break;
        }

        string[] given = [.. arguments.EnumerateArray().Select(argument => argument.GetString()!)];
        yield return given[Array.IndexOf(given, "--plugin") + 1];
    }

    [GeneratedRegex("`([a-z0-9-]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bhook_[a-z]+(_[a-z]+)*")]
    private static partial Regex Hook();

    [GeneratedRegex(@"Exact for every model: [^.\n]*")]
    private static partial Regex Exact();
}
