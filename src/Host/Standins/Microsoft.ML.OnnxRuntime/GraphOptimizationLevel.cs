namespace Microsoft.ML.OnnxRuntime;

/// <summary>How far a session rewrites a graph before it runs it.</summary>
public enum GraphOptimizationLevel
{
    /// <summary>Not at all.</summary>
    ORT_DISABLE_ALL = 0,

    /// <summary>Constant folding and removal of what is redundant.</summary>
    ORT_ENABLE_BASIC = 1,

    /// <summary>Fusion of nodes as well.</summary>
    ORT_ENABLE_EXTENDED = 2,

    /// <summary>Changes of memory layout as well.</summary>
    ORT_ENABLE_LAYOUT = 3,

    /// <summary>All there is.</summary>
    ORT_ENABLE_ALL = 99,
}
