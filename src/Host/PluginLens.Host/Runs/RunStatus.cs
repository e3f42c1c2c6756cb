namespace PluginLens.Host;

/// <summary>How a run ended.</summary>
public enum RunStatus
{
    /// <summary>The analysis went through.</summary>
    Complete,

    /// <summary>The user stopped it; finished rows are kept.</summary>
    Cancelled,

    /// <summary>The analysis failed; finished rows are kept.</summary>
    Failed,
}
