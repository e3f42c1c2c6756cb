namespace PluginLens.Host;

/// <summary>What is to be run on what.</summary>
public sealed record RunRequest
{
    /// <summary>The analysis.</summary>
    public required LoadedPlugin Plugin { get; init; }

    /// <summary>The bound options (see <see cref="OptionsBinder"/>); null = the defaults.</summary>
    public object? Options { get; init; }

    /// <summary>Models, prompts, seed, and what opens and computes them.</summary>
    public required RunInputs Inputs { get; init; }

    /// <summary>Where the run is kept (<c>--out</c>), or null.</summary>
    public RunPlace? Out { get; init; }

    /// <summary>Told what is found while it is, or null.</summary>
    public RunWatch? Watch { get; init; }
}
