namespace Microsoft.ML.OnnxRuntime;

/// <summary>Whether branches of a graph may run at the same time.</summary>
public enum ExecutionMode
{
    /// <summary>One node after the other.</summary>
    ORT_SEQUENTIAL = 0,

    /// <summary>Independent nodes at the same time.</summary>
    ORT_PARALLEL = 1,
}
