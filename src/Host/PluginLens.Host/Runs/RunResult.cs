namespace PluginLens.Host;

/// <summary>What came out of a run, whole or broken off.</summary>
/// <param name="Info">The provenance.</param>
/// <param name="Tables">Tables in order.</param>
/// <param name="Figures">Figures in order.</param>
/// <param name="Error">
/// Null when it went through; <see cref="OperationCanceledException"/> when stopped; <see cref="UsageException"/> or <see cref="ModelException"/>
/// as the analysis threw it; else a <see cref="PluginException"/> that names the plugin and holds what it threw.
/// </param>
public sealed record RunResult(RunInfo Info, IReadOnlyList<TableData> Tables, IReadOnlyList<NamedFigure> Figures, Exception? Error)
{
    /// <summary>0 = went through, 1 = failed or stopped, 2 = the user asked for something impossible.</summary>
    public int ExitCode => Error switch
    {
        null => 0,
        UsageException or ModelException => 2,
        PluginException plugin => plugin.ExitCode,
        _ => 1,
    };
}
