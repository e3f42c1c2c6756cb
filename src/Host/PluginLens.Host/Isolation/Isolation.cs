namespace PluginLens.Host;

/// <summary>How an analysis runs in a process of its own.</summary>
public sealed record Isolation
{
    /// <summary>The program to start; it calls <see cref="IsolatedAnalysis.Serve"/> with the two handles that follow its arguments.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>What its process is asked, as it reads it.</summary>
    public required string Request { get; init; }

    /// <summary>Bytes of its own that it may have; mapped weights, which every process shares, do not count.</summary>
    public required long MaxMemory { get; init; }

    /// <summary>How long it may take; null = as long as it likes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>After Ctrl-C: how long it may take to stop.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What befell the files that it reads since it was asked for, as a sentence; asked where its process ended without a word. Null = nothing is known.</summary>
    public Func<string?>? Changed { get; init; }
}
