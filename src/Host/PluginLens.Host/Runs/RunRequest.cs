namespace PluginLens.Host;

/// <summary>What is to be run on what.</summary>
public sealed record RunRequest
{
    /// <summary>The analysis.</summary>
    public required LoadedPlugin Plugin { get; init; }

    /// <summary>The model.</summary>
    public required Model Model { get; init; }

    /// <summary>The second and further models, in order.</summary>
    public IReadOnlyList<Model> OtherModels { get; init; } = [];

    /// <summary>Prompts or rows of a dataset.</summary>
    public IReadOnlyList<Prompt> Prompts { get; init; } = [];

    /// <summary>The bound options (see <see cref="OptionsBinder"/>); null = the defaults.</summary>
    public object? Options { get; init; }

    /// <summary>Heavy linear algebra.</summary>
    public required Compute Compute { get; init; }

    /// <summary>Vocabulary lists computed before.</summary>
    public TopKCache Cache { get; init; } = new();

    /// <summary>Seed of the random source.</summary>
    public int Seed { get; init; }

    /// <summary>The device in use and, where another was asked for, why; asked after the run, when it is known.</summary>
    public Func<(string Device, string? Reason)> DeviceUsed { get; init; } = () => ("cpu", null);

    /// <summary>The run folder (<c>--out</c>), or null.</summary>
    public string? Out { get; init; }

    /// <summary>Version of the host, for the provenance.</summary>
    public string HostVersion { get; init; } = typeof(RunRequest).Assembly.GetName().Version!.ToString(3);

    /// <summary>Told how far the run is.</summary>
    public IProgress<Progress>? Progress { get; init; }

    /// <summary>Set by Ctrl-C.</summary>
    public CancellationToken Cancellation { get; init; }
}
