namespace Microsoft.ML.OnnxRuntime;

/// <summary>From which severity on the native library writes to the standard error stream.</summary>
public enum OrtLoggingLevel
{
    /// <summary>Everything.</summary>
    ORT_LOGGING_LEVEL_VERBOSE = 0,

    /// <summary>What may interest.</summary>
    ORT_LOGGING_LEVEL_INFO = 1,

    /// <summary>What may be wrong.</summary>
    ORT_LOGGING_LEVEL_WARNING = 2,

    /// <summary>What is wrong.</summary>
    ORT_LOGGING_LEVEL_ERROR = 3,

    /// <summary>What ends the process.</summary>
    ORT_LOGGING_LEVEL_FATAL = 4,
}
