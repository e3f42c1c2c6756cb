namespace PluginLens;

/// <summary>
/// Makes a public class an analysis that <c>pluginlens list</c> shows and <c>run</c> finds. The host reads it from the compiled assembly and loads nothing for that,
/// so every text is a constant.
/// </summary>
/// <param name="id">Kebab-case: <c>ov-pairs</c>. What the user types, and the name of its page.</param>
/// <param name="title">A few words.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AnalysisAttribute(string id, string title) : Attribute
{
    /// <summary>Kebab-case.</summary>
    public string Id { get; } = id;

    /// <summary>A few words.</summary>
    public string Title { get; } = title;

    /// <summary>The question that it answers, in one or two sentences.</summary>
    public required string Answers { get; init; }

    /// <summary>Where it comes from: paper and section; empty where it comes from nowhere else.</summary>
    public string Source { get; init; } = string.Empty;
}
