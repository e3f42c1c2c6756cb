namespace PluginLens.Models.Verification;

/// <summary>One thing that was checked.</summary>
/// <param name="Name">What, e.g. <c>lens at the last layer = logits</c>.</param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Measured">The largest deviation that was found; null where nothing is measured.</param>
/// <param name="Tolerance">The largest deviation that passes; null where nothing is measured.</param>
/// <param name="Detail">What was compared, or what is wrong and what to do.</param>
public sealed record ModelCheck(string Name, bool Passed, double? Measured, double? Tolerance, string Detail)
{
    /// <summary>A deviation against its tolerance; NaN never passes.</summary>
    internal static ModelCheck Within(string name, double measured, double tolerance, string detail) => new(name, measured <= tolerance, measured, tolerance, detail);

    /// <summary>Yes or no.</summary>
    internal static ModelCheck Of(string name, bool passed, string detail) => new(name, passed, null, null, detail);
}
