namespace PluginLens.Host;

/// <summary>What the process returns, and which exception means what: the only place that knows.</summary>
public static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>The analysis failed or a check did not pass.</summary>
    public const int Failed = 1;

    /// <summary>The command, an option, a model, a plugin or an input is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The user stopped it (Ctrl-C): what shells have for a process that signal 2 ended.</summary>
    public const int Interrupted = 130;

    /// <summary>The code of what ended a command.</summary>
    /// <param name="error">Null where nothing went wrong.</param>
    public static int Of(Exception? error) => error switch
    {
        null => Success,
        UsageException or ModelException or IOException or UnauthorizedAccessException => Usage,
        PluginException plugin => plugin.ExitCode,
        OperationCanceledException => Interrupted,
        _ => Failed,
    };
}
