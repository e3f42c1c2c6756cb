using System.Reflection;

namespace PluginLens.Host;

/// <summary>How far an analysis holds for a model, from its <see cref="HoldsAttribute"/>s.</summary>
/// <param name="Verdict">The worst that applies; exact where none does.</param>
/// <param name="Reasons">Why, worst first; empty when exact.</param>
public sealed record Applicability(Verdict Verdict, IReadOnlyList<string> Reasons)
{
    /// <summary>Everything that an analysis states, for <c>describe</c>; the nearest class first.</summary>
    /// <param name="analysis">The analysis.</param>
    public static IReadOnlyList<HoldsAttribute> Stated(Type analysis) => [.. analysis.GetCustomAttributes<HoldsAttribute>(inherit: true)];

    /// <summary>The verdict for one model.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="config">The model.</param>
    public static Applicability Of(Type analysis, ModelConfig config)
    {
        var applying = Stated(analysis)
            .Where(holds => holds.Verdict != Verdict.Exact && config.Traits.Contains(holds.Trait))
            .OrderByDescending(holds => holds.Verdict)
            .ToList();
        return new Applicability(
            applying.Count == 0 ? Verdict.Exact : applying[0].Verdict,
            [.. applying.Select(holds => holds.Because)]);
    }
}
