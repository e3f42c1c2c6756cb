namespace PluginLens;

/// <summary>
/// How many models an analysis reads at most, where it is more than one; a run with more is refused. An analysis without it reads one: given several, it is run on
/// one after the other, and its tables gain a column <c>model</c>.
/// </summary>
/// <param name="most">In the order of <c>--model</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReadsModelsAttribute(int most) : Attribute
{
    /// <summary>In the order of <c>--model</c>.</summary>
    public int Most { get; } = most;
}
