namespace PluginLens.Models;

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
