namespace PluginLens.Host;

/// <summary>A folder that looks like a plugin and is none, or one that another plugin hides. Reported, never fatal.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Message">What is wrong, in one line.</param>
public sealed record PluginFault(string Folder, string Message);
