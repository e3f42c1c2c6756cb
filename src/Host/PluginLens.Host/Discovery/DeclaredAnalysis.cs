namespace PluginLens.Host;

/// <summary>A class with <see cref="AnalysisAttribute"/>, as the compiled assembly has it.</summary>
/// <param name="TypeName">Full name of the class, as reflection writes it.</param>
/// <param name="Id">What the attribute says.</param>
/// <param name="Title">What the attribute says.</param>
/// <param name="Answers">What the attribute says.</param>
/// <param name="Source">What the attribute says.</param>
internal sealed record DeclaredAnalysis(string TypeName, string Id, string Title, string Answers, string Source)
{
    /// <summary>Why it cannot be run, as far as the metadata tell; null where they do not.</summary>
    public string? Fault { get; init; }
}
