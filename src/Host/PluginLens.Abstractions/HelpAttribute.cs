namespace PluginLens;

/// <summary>One or two sentences that <c>pluginlens describe</c> prints for an option.</summary>
/// <param name="text">What the option does, with units and ranges.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HelpAttribute(string text) : Attribute
{
    /// <summary>What the option does, with units and ranges.</summary>
    public string Text { get; } = text;
}
