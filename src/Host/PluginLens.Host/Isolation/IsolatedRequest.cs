namespace PluginLens.Host;

/// <summary>What the process of an isolated analysis is to do.</summary>
/// <param name="Run">The run; its folder is the host's.</param>
/// <param name="Plans">Whether it is only to say what the run would cost.</param>
/// <param name="WritesFiles">Whether the run has a folder that takes files.</param>
public sealed record IsolatedRequest(RunRequest Run, bool Plans, bool WritesFiles);
