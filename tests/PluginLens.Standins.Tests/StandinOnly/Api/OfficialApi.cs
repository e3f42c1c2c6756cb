namespace PluginLens.Standins.Tests.StandinOnly.Api;

/// <summary>The listing of the official packages' public types: a headline for each type, then a line for each member.</summary>
internal static class OfficialApi
{
    private const string Headline = "## ";
    private const string Indent = "  ";

    public static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "official_api.txt"));

    /// <summary>Headline (name, kind, base type) of each type, with its members.</summary>
    public static IReadOnlyDictionary<string, HashSet<string>> Types { get; } = Parse(Text);

    private static Dictionary<string, HashSet<string>> Parse(string text)
    {
        var types = new Dictionary<string, HashSet<string>>();
        HashSet<string> members = [];
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            if (line.StartsWith(Headline, StringComparison.Ordinal))
            {
                types.Add(line[Headline.Length..].TrimEnd(), members = []);
            }
            else if (line.StartsWith(Indent, StringComparison.Ordinal))
            {
                members.Add(line[Indent.Length..]);
            }
            else
            {
                Assert.That(line, Is.Empty, "a line that is neither headline nor member");
            }
        }

        return types;
    }
}
