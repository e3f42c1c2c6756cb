namespace PluginLens;

/// <summary>How many models an analysis reads, where it is more than one: the verdicts of so many count, further ones are nothing to it.</summary>
/// <param name="most">In the order of <c>--model</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReadsModelsAttribute(int most) : Attribute
{
    /// <summary>In the order of <c>--model</c>.</summary>
    public int Most { get; } = most;
}
