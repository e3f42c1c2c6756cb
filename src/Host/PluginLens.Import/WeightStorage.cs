namespace PluginLens.Import;

/// <summary>How an import stores weights.</summary>
public enum WeightStorage
{
    /// <summary>As the source does: codes with scales, half precision, float32.</summary>
    Stored,

    /// <summary>In float32.</summary>
    Float32,

    /// <summary>Matrices rounded to IEEE half.</summary>
    Float16,

    /// <summary>Matrices rounded to the upper half of a float32.</summary>
    BFloat16,
}
