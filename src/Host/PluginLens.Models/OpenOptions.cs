namespace PluginLens.Models;

/// <summary>How a model folder is opened.</summary>
public sealed record OpenOptions
{
    /// <summary>Where forward passes run.</summary>
    public Device Device { get; init; } = Device.Auto;

    /// <summary>Threads of a forward pass; 0 = one for each processor.</summary>
    public int Threads { get; init; }

    /// <summary>Stops a forward pass.</summary>
    public CancellationToken Cancellation { get; init; }
}
