namespace PluginLens;

/// <summary>The smallest value of a numeric option, or of each number of a list; the host refuses smaller ones before the analysis runs.</summary>
/// <param name="least">Smallest value that is allowed.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AtLeastAttribute(double least) : Attribute
{
    /// <summary>Smallest value that is allowed.</summary>
    public double Least { get; } = least;
}
