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
    /// <summary>The folder where it is kept; null where it is nowhere.</summary>
    public string? Folder { get; init; }

    /// <summary>What the user should know of what was in its place before; null where nothing was.</summary>
    public string? Said { get; init; }

    /// <summary>See <see cref="Host.ExitCode"/>.</summary>
    public int ExitCode => Host.ExitCode.Of(Error);

    /// <summary>Whether it was asked for wrongly (a prompt or a second model is lacking) and has no row: the one line that says why is all there is to say.</summary>
    public bool FoundNothing => ExitCode == Host.ExitCode.Usage && Tables.All(table => table.Count == 0);
}
