using System.Text.RegularExpressions;

namespace PluginLens.Tests;

/// <summary>Who may know whom: the table of docs/architecture.md, held from the project files and from what the sources name.</summary>
public sealed partial class ArchitectureTests
{
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";
    private static readonly string Host = Path.Combine(Repository.Root, "src", "Host");

    /// <summary>Projects of the host with the projects that each may know.</summary>
    private static readonly Dictionary<string, string[]> MayKnow = new(StringComparer.Ordinal)
    {
        ["Abstractions"] = [],
        ["Numerics"] = ["Abstractions"],
        ["Toolkit"] = ["Abstractions"],
        ["Files"] = [],
        ["Tokenizers"] = ["Abstractions", "Files"],
        ["Host"] = ["Abstractions", "Files"],
        ["Models"] = ["Abstractions", "Files", "Tokenizers"],
        ["Import"] = ["Abstractions", "Files", "Tokenizers", "Models"],
        ["Hub"] = ["Abstractions", "Files"],
        ["Testing"] = ["Abstractions", "Numerics"],
        ["Pictures"] = ["Abstractions", "Files", "Host"],
        ["Report"] = ["Abstractions", "Host", "Pictures"],
        ["Explore"] = ["Abstractions", "Host", "Report"],
        ["Cli"] = ["Abstractions", "Files", "Numerics", "Tokenizers", "Host", "Models", "Import", "Hub", "Pictures", "Report", "Explore"],
    };

    /// <summary>Packages that belong to some projects alone.</summary>
    private static readonly Dictionary<string, string[]> Owners = new(StringComparer.Ordinal)
    {
        [OnnxRuntime] = ["Models"],
        ["Google.Protobuf"] = ["Models", "Import", "Tokenizers"],
        ["Microsoft.ML.Tokenizers"] = ["Tokenizers"],
        ["McMaster.NETCore.Plugins"] = ["Host"],
        ["System.CommandLine"] = ["Cli"],
        ["Spectre.Console"] = ["Cli"],
        ["SpreadCheetah"] = ["Pictures"],
        ["Microsoft.AspNetCore"] = ["Explore"],
    };

    /// <summary>Folders that are layers, with the folders beside them that each may name.</summary>
    private static readonly Dictionary<string, string[]> Rooms = new(StringComparer.Ordinal)
    {
        ["Models.Format"] = [],
        ["Models.Sessions"] = ["Models.Format"],
        ["Import.Source"] = [],
        ["Import.Graph"] = ["Import.Source"],
        ["Import.Probe"] = ["Import.Source", "Import.Graph"],
        ["Import.Lowering"] = ["Import.Source", "Import.Graph"],
        ["Import.Recognition"] = ["Import.Source", "Import.Graph", "Import.Probe", "Import.Lowering"],
    };

    private static IEnumerable<string> Projects => Directory.GetDirectories(Host).Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0).Select(folder => Short(Path.GetFileName(folder)));

    /// <summary>./test builds the solution and then runs every suite that there is a folder of.</summary>
    [Test]
    public void Solution_HasEverySuite()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "PluginLens.sln"));

        Assert.That(Directory.GetDirectories(Path.Combine(Repository.Root, "tests"), "*.Tests").Select(Path.GetFileName).Where(suite => !solution.Contains($"\\{suite}.csproj\"", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Projects_OfTheHost_AreThoseOfTheTable() => Assert.That(Projects.Except(MayKnow.Keys), Is.Empty);

    [TestCaseSource(nameof(Projects))]
    public void Project_RefersToProjectsThatItMayKnow(string project)
    {
        var projects = References(project).Where(reference => reference.EndsWith(".csproj", StringComparison.Ordinal)).Select(reference => Short(Path.GetFileNameWithoutExtension(reference)));

        Assert.That(projects.Except(MayKnow[project]), Is.Empty);
    }

    [TestCaseSource(nameof(Projects))]
    public void Project_RefersToPackagesThatAreItsOwn(string project)
    {
        var foreign = References(project).Where(reference => Owners.Any(owner => reference.StartsWith(owner.Key, StringComparison.Ordinal) && !owner.Value.Contains(project)));

        Assert.That(foreign, Is.Empty);
    }

    [TestCaseSource(nameof(Projects))]
    public void Sources_NameProjectsThatTheyMayKnow(string project)
    {
        var others = MayKnow.Keys.Except([.. MayKnow[project], project, "Abstractions"]).ToHashSet(StringComparer.Ordinal);
        var named = Sources(project).SelectMany(file => Named().Matches(Code(file)).Select(match => match.Groups["project"].Value).Where(others.Contains).Select(other => $"{Path.GetFileName(file)}: {other}"));

        Assert.That(named, Is.Empty);
    }

    [TestCaseSource(nameof(Projects))]
    public void Sources_NamePackagesThatAreTheirOwn(string project)
    {
        var foreign = Owners.Where(owner => !owner.Value.Contains(project)).Select(owner => $"using {owner.Key}").ToList();
        var named = Sources(project).SelectMany(file => foreign.Where(Code(file).Contains).Select(package => $"{Path.GetFileName(file)}: {package}"));

        Assert.That(named, Is.Empty);
    }

    [Test]
    public void OnnxRuntime_IsNamedInSessionsOnly()
    {
        var sessions = Path.Combine(Host, "PluginLens.Models", "Sessions") + Path.DirectorySeparatorChar;
        var named = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(file => Code(file).Contains(OnnxRuntime, StringComparison.Ordinal)).ToList();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named.Where(file => !file.StartsWith(sessions, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Network_IsNamedInTheHubOnly()
    {
        var hub = Path.Combine(Host, "PluginLens.Hub") + Path.DirectorySeparatorChar;
        var named = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => NetworkNames().IsMatch(Code(file))).ToList();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named.Where(file => !file.StartsWith(hub, StringComparison.Ordinal)), Is.Empty);
    }

    [TestCaseSource(nameof(RoomNames))]
    public void Room_NamesThoseBelowIt(string room)
    {
        var (project, folder) = (room.Split('.')[0], room.Split('.')[1]);
        var files = Directory.GetFiles(Path.Combine(Host, $"PluginLens.{project}", folder), "*.cs", SearchOption.AllDirectories);
        var named = files.SelectMany(file => RoomOf().Matches(Code(file)).Select(match => match.Groups["room"].Value)
            .Where(other => other.StartsWith($"{project}.", StringComparison.Ordinal) && other != room && !Rooms[room].Contains(other)).Select(other => $"{Path.GetFileName(file)}: {other}"));

        Assert.That(files, Is.Not.Empty);
        Assert.That(named, Is.Empty);
    }

    [Test]
    public void Abstractions_ReferToNothingButDotNet()
    {
        Assert.That(References("Abstractions"), Is.Empty);
        Assert.That(typeof(IAnalysis).Assembly.GetReferencedAssemblies().Select(name => name.Name), Has.All.StartsWith("System."));
    }

    private static IEnumerable<string> RoomNames => Rooms.Keys;

    private static string Short(string name) => name["PluginLens.".Length..];

    private static IEnumerable<string> References(string project) => Repository.References(Path.Combine(Host, $"PluginLens.{project}", $"PluginLens.{project}.csproj"));

    private static IEnumerable<string> Sources(string project) => Directory.GetFiles(Path.Combine(Host, $"PluginLens.{project}"), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>A source without its comments and texts.</summary>
    private static string Code(string file) => CommentOrText().Replace(File.ReadAllText(file), "");

    [GeneratedRegex(@"(?<![\w.])PluginLens\.(?<project>[A-Z]\w*)")]
    private static partial Regex Named();

    [GeneratedRegex(@"(?<![\w.])PluginLens\.(?<room>[A-Z]\w*\.[A-Z]\w*)")]
    private static partial Regex RoomOf();

    [GeneratedRegex(@"\b(System\.Net\b|HttpClient|HttpRequestMessage|TcpClient|WebClient)")]
    private static partial Regex NetworkNames();

    [GeneratedRegex("""//[^\n]*|"(?:\\.|[^"\\\n])*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrText();
}
