namespace PluginLens.Models.Format.Files;

/// <summary>How weights are stored; the numbers are ONNX's.</summary>
internal enum ElementType
{
    /// <summary>32 bits.</summary>
    Float = 1,

    /// <summary>Eight bits with a sign: codes.</summary>
    Int8 = 3,

    /// <summary>IEEE half.</summary>
    Float16 = 10,

    /// <summary>The upper half of a float32.</summary>
    BFloat16 = 16,

    /// <summary>Four bits from 0, two in a byte, the first one low: codes.</summary>
    UInt4 = 21,

    /// <summary>Four bits with a sign, two in a byte, the first one low: codes.</summary>
    Int4 = 22,
}
