namespace PluginLens.Host;

/// <summary>One thing that is not the same in two runs.</summary>
/// <param name="What">A field of run.json, a table or a file.</param>
/// <param name="How">One line.</param>
/// <param name="InResult">Whether it is what was found; else how it was run.</param>
public sealed record RunDifference(string What, string How, bool InResult);
