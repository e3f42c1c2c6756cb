namespace PluginLens;

/// <summary>
/// States that an analysis is approximate or undefined for models with a trait. Without any that applies it is exact.
/// The host prints it (<c>describe</c>, <c>inspect</c>), labels approximate results and refuses undefined ones.
/// </summary>
/// <param name="verdict">Approximate or undefined (exact overrules nothing).</param>
/// <param name="trait">The trait of the model.</param>
/// <param name="because">The reason, as one clause.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class HoldsAttribute(Verdict verdict, Trait trait, string because) : Attribute
{
    /// <summary>Approximate or undefined.</summary>
    public Verdict Verdict { get; } = verdict;

    /// <summary>The trait of the model that the verdict is about.</summary>
    public Trait Trait { get; } = trait;

    /// <summary>The reason, as one clause.</summary>
    public string Because { get; } = because;
}
