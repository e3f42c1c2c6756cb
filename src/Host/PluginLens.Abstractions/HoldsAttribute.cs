namespace PluginLens;

/// <summary>
/// States how far an analysis holds. With a trait: for models that have it; without: for every model. Where it states something and nothing of that applies, it is
/// exact; an analysis that states nothing is shown as not declared. The host prints it (<c>describe</c>, <c>inspect</c>), labels approximate results and refuses undefined ones.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class HoldsAttribute : Attribute
{
    /// <summary>For models with a trait.</summary>
    /// <param name="verdict">Approximate or undefined (exact overrules nothing).</param>
    /// <param name="trait">The trait of the model.</param>
    /// <param name="because">The reason, as one clause.</param>
    public HoldsAttribute(Verdict verdict, Trait trait, string because) => (Verdict, Trait, Because) = (verdict, trait, because);

    /// <summary>For every model.</summary>
    /// <param name="verdict">Exact, of which other attributes may take away; or approximate.</param>
    /// <param name="because">The reason, as one clause.</param>
    public HoldsAttribute(Verdict verdict, string because) => (Verdict, Because) = (verdict, because);

    /// <summary>How far it holds.</summary>
    public Verdict Verdict { get; }

    /// <summary>The trait of the model that the verdict is about; null = every model.</summary>
    public Trait? Trait { get; }

    /// <summary>The reason, as one clause.</summary>
    public string Because { get; }
}
