namespace PluginLens.Models.Format.Files;

/// <summary>How weights are stored; the numbers are ONNX's.</summary>
internal enum ElementType
{
    /// <summary>32 bits.</summary>
    Float = 1,

    /// <summary>IEEE half.</summary>
    Float16 = 10,

    /// <summary>The upper half of a float32.</summary>
    BFloat16 = 16,
}
