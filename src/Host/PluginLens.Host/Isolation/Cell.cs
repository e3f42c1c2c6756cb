namespace PluginLens.Host;

/// <summary>The type of a value in a message: a float stays a float, so that it is written with as many digits as in a run without a process of its own.</summary>
internal enum Cell : byte
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>False.</summary>
    False,

    /// <summary>True.</summary>
    True,

    /// <summary>32 bits.</summary>
    Int,

    /// <summary>64 bits.</summary>
    Long,

    /// <summary>Float32.</summary>
    Float,

    /// <summary>Float64.</summary>
    Double,

    /// <summary>UTF-16.</summary>
    Text,

    /// <summary>Values in order.</summary>
    List,

    /// <summary>Values by name: a part of a figure.</summary>
    Node,
}
