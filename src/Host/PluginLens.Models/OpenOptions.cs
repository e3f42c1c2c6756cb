namespace PluginLens.Models;

/// <summary>How a model folder is opened.</summary>
public sealed record OpenOptions
{
    /// <summary>Where forward passes run.</summary>
    public Device Device { get; init; } = Device.Auto;

    /// <summary>What is asked of the weights.</summary>
    public WeightsPolicy Weights { get; init; }

    /// <summary>Where the hashes of large files are remembered from one opening to the next; null = nowhere.</summary>
    public string? HashFolder { get; init; }

    /// <summary>Stops a forward pass.</summary>
    public CancellationToken Cancellation { get; init; }
}
