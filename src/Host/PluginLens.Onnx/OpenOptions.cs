namespace PluginLens.Onnx;

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

/// <summary>Where forward passes run.</summary>
public enum Device
{
    /// <summary>CUDA where it works, else the processor.</summary>
    Auto,

    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>CUDA or an error.</summary>
    Cuda,
}
