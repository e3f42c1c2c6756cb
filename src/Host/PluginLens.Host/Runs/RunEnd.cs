namespace PluginLens.Host;

/// <summary>How one of many runs ended.</summary>
public enum RunEnd
{
    /// <summary>It went through.</summary>
    Done,

    /// <summary>It does not apply, or lacks something: a prompt, a second model. No failure.</summary>
    Skipped,

    /// <summary>It failed; finished rows are kept.</summary>
    Failed,

    /// <summary>The user stopped it; finished rows are kept, and what was to come after it did not run.</summary>
    Stopped,
}
