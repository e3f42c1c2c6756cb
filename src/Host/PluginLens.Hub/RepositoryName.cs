using System.Text.RegularExpressions;

namespace PluginLens.Hub;

/// <summary>The name of a repository on the hub, <c>ORG/NAME</c>.</summary>
/// <param name="Owner">A user or an organisation.</param>
/// <param name="Name">The repository.</param>
public sealed partial record RepositoryName(string Owner, string Name)
{
    /// <summary>What its folder in a cache is called; <c>--</c> cannot be part of a name.</summary>
    internal string Folder => $"models--{Owner}--{Name}";

    /// <summary>The name that a text is, or null.</summary>
    /// <param name="text">As typed.</param>
    public static RepositoryName? Of(string? text) =>
        text is { Length: <= 192 } && Form().Match(text) is { Success: true } match && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal)
            ? new RepositoryName(match.Groups["owner"].Value, match.Groups["name"].Value)
            : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Owner}/{Name}";

    [GeneratedRegex(@"^(?<owner>[A-Za-z0-9][A-Za-z0-9_.-]*)/(?<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\z")]
    private static partial Regex Form();
}
