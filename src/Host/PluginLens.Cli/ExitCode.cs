namespace PluginLens.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>The analysis failed, or a check did not pass.</summary>
    public const int Failed = 1;

    /// <summary>The command, an option, a model or an input is wrong.</summary>
    public const int Usage = 2;

}
