namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>The error codes of the C API, in its order.</summary>
internal enum ErrorCode
{
    Ok,
    Fail,
    InvalidArgument,
    NoSuchFile,
    NoModel,
    EngineError,
    RuntimeException,
    InvalidProtobuf,
    ModelLoaded,
    NotImplemented,
    InvalidGraph,
    ExecutionProviderFailure,
    ModelLoadCanceled,
    ModelRequiresCompilation,
    NotFound,
}
