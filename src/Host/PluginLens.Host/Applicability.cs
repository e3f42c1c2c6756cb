using System.Reflection;

namespace PluginLens.Host;

/// <summary>How far an analysis holds for a model, from its <see cref="HoldsAttribute"/>s.</summary>
/// <param name="Verdict">The worst that applies, exact where none does; null for an analysis that states nothing.</param>
/// <param name="Reasons">Why, worst first; empty when exact.</param>
public sealed record Applicability(Verdict? Verdict, IReadOnlyList<string> Reasons)
{
    /// <summary>The verdict as it is printed everywhere: <c>exact</c>, <c>approximate</c>, <c>undefined</c>, <c>not declared</c>.</summary>
    public string Word => Verdict is { } verdict ? Names.Kebab(verdict.ToString()) : "not declared";

    /// <summary>Everything that an analysis states, for <c>describe</c>; the nearest class first.</summary>
    /// <param name="analysis">The analysis.</param>
    public static IReadOnlyList<HoldsAttribute> Stated(Type analysis) => [.. analysis.GetCustomAttributes<HoldsAttribute>(inherit: true)];

    /// <summary>The verdict for one model.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="config">The model.</param>
    public static Applicability Of(Type analysis, ModelConfig config)
    {
        var stated = Stated(analysis);
        var applying = stated
            .Where(holds => holds.Verdict != PluginLens.Verdict.Exact && (holds.Trait is not { } trait || config.Traits.Contains(trait)))
            .OrderByDescending(holds => (int)holds.Verdict)
            .ToList();
        return new Applicability(
            stated.Count == 0 ? null : applying.Count == 0 ? PluginLens.Verdict.Exact : applying[0].Verdict,
            [.. applying.Select(holds => holds.Because)]);
    }
}
