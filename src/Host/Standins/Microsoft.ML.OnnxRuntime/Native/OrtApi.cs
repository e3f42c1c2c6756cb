namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>The functions of the C API that this assembly calls, each read from its slot of the OrtApi table.</summary>
/// <remarks>
/// The table only ever grows at its end, so a slot index is valid for every native library that knows
/// <see cref="NativeCore.TableVersion"/> or a later one. A status is a pointer that is zero where the call succeeded.
/// </remarks>
internal static unsafe class OrtApi
{
    private static nint* Table => (nint*)NativeCore.Table.Value;

    internal static delegate* unmanaged<int, byte*, nint> CreateStatus => (delegate* unmanaged<int, byte*, nint>)Table[0];
    internal static delegate* unmanaged<nint, int> GetErrorCode => (delegate* unmanaged<nint, int>)Table[1];
    internal static delegate* unmanaged<nint, byte*> GetErrorMessage => (delegate* unmanaged<nint, byte*>)Table[2];
    internal static delegate* unmanaged<nint, void> ReleaseStatus => (delegate* unmanaged<nint, void>)Table[93];

    internal static delegate* unmanaged<int, byte*, nint*, nint> CreateEnv => (delegate* unmanaged<int, byte*, nint*, nint>)Table[3];
    internal static delegate* unmanaged<nint, int, nint> UpdateEnvWithCustomLogLevel => (delegate* unmanaged<nint, int, nint>)Table[226];
    internal static delegate* unmanaged<nint, void> ReleaseEnv => (delegate* unmanaged<nint, void>)Table[92];
    internal static delegate* unmanaged<byte***, int*, nint> GetAvailableProviders => (delegate* unmanaged<byte***, int*, nint>)Table[125];
    internal static delegate* unmanaged<byte**, int, nint> ReleaseAvailableProviders => (delegate* unmanaged<byte**, int, nint>)Table[126];

    internal static delegate* unmanaged<nint, void*, nint, nint*, nint> CreateSession => (delegate* unmanaged<nint, void*, nint, nint*, nint>)Table[7];
    internal static delegate* unmanaged<nint, void*, nuint, nint, nint*, nint> CreateSessionFromArray => (delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)Table[8];
    internal static delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run => (delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)Table[9];
    internal static delegate* unmanaged<nint, nuint*, nint> SessionGetInputCount => (delegate* unmanaged<nint, nuint*, nint>)Table[30];
    internal static delegate* unmanaged<nint, nuint*, nint> SessionGetOutputCount => (delegate* unmanaged<nint, nuint*, nint>)Table[31];
    internal static delegate* unmanaged<nint, nuint, nint*, nint> SessionGetInputTypeInfo => (delegate* unmanaged<nint, nuint, nint*, nint>)Table[33];
    internal static delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOutputTypeInfo => (delegate* unmanaged<nint, nuint, nint*, nint>)Table[34];
    internal static delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetInputName => (delegate* unmanaged<nint, nuint, nint, byte**, nint>)Table[36];
    internal static delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOutputName => (delegate* unmanaged<nint, nuint, nint, byte**, nint>)Table[37];
    internal static delegate* unmanaged<nint, void> ReleaseSession => (delegate* unmanaged<nint, void>)Table[95];

    internal static delegate* unmanaged<nint*, nint> CreateSessionOptions => (delegate* unmanaged<nint*, nint>)Table[10];
    internal static delegate* unmanaged<nint, int, nint> SetSessionExecutionMode => (delegate* unmanaged<nint, int, nint>)Table[13];
    internal static delegate* unmanaged<nint, nint> EnableMemPattern => (delegate* unmanaged<nint, nint>)Table[16];
    internal static delegate* unmanaged<nint, nint> DisableMemPattern => (delegate* unmanaged<nint, nint>)Table[17];
    internal static delegate* unmanaged<nint, nint> EnableCpuMemArena => (delegate* unmanaged<nint, nint>)Table[18];
    internal static delegate* unmanaged<nint, nint> DisableCpuMemArena => (delegate* unmanaged<nint, nint>)Table[19];
    internal static delegate* unmanaged<nint, byte*, nint> SetSessionLogId => (delegate* unmanaged<nint, byte*, nint>)Table[20];
    internal static delegate* unmanaged<nint, int, nint> SetSessionLogSeverityLevel => (delegate* unmanaged<nint, int, nint>)Table[22];
    internal static delegate* unmanaged<nint, int, nint> SetSessionGraphOptimizationLevel => (delegate* unmanaged<nint, int, nint>)Table[23];
    internal static delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads => (delegate* unmanaged<nint, int, nint>)Table[24];
    internal static delegate* unmanaged<nint, int, nint> SetInterOpNumThreads => (delegate* unmanaged<nint, int, nint>)Table[25];
    internal static delegate* unmanaged<nint, byte*, long, nint> AddFreeDimensionOverrideByName => (delegate* unmanaged<nint, byte*, long, nint>)Table[124];
    internal static delegate* unmanaged<nint, byte*, byte*, nint> AddSessionConfigEntry => (delegate* unmanaged<nint, byte*, byte*, nint>)Table[130];
    internal static delegate* unmanaged<nint, byte*, nint, nint> AddInitializer => (delegate* unmanaged<nint, byte*, nint, nint>)Table[150];
    internal static delegate* unmanaged<nint, nint, nint> AppendCuda => (delegate* unmanaged<nint, nint, nint>)Table[204];
    internal static delegate* unmanaged<nint*, nint> CreateCudaOptions => (delegate* unmanaged<nint*, nint>)Table[205];
    internal static delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateCudaOptions => (delegate* unmanaged<nint, byte**, byte**, nuint, nint>)Table[206];
    internal static delegate* unmanaged<nint, void> ReleaseCudaOptions => (delegate* unmanaged<nint, void>)Table[208];
    internal static delegate* unmanaged<nint, void> ReleaseSessionOptions => (delegate* unmanaged<nint, void>)Table[100];

    internal static delegate* unmanaged<nint*, nint> CreateRunOptions => (delegate* unmanaged<nint*, nint>)Table[39];
    internal static delegate* unmanaged<nint, int, nint> RunOptionsSetRunLogSeverityLevel => (delegate* unmanaged<nint, int, nint>)Table[41];
    internal static delegate* unmanaged<nint, nint> RunOptionsSetTerminate => (delegate* unmanaged<nint, nint>)Table[46];
    internal static delegate* unmanaged<nint, nint> RunOptionsUnsetTerminate => (delegate* unmanaged<nint, nint>)Table[47];
    internal static delegate* unmanaged<nint, byte*, byte*, nint> AddRunConfigEntry => (delegate* unmanaged<nint, byte*, byte*, nint>)Table[165];
    internal static delegate* unmanaged<nint, void> ReleaseRunOptions => (delegate* unmanaged<nint, void>)Table[97];

    internal static delegate* unmanaged<nint, long*, nuint, int, nint*, nint> CreateTensor => (delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)Table[48];
    internal static delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithData => (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)Table[49];
    internal static delegate* unmanaged<nint, void**, nint> GetTensorMutableData => (delegate* unmanaged<nint, void**, nint>)Table[51];
    internal static delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape => (delegate* unmanaged<nint, nint*, nint>)Table[65];
    internal static delegate* unmanaged<nint, int*, nint> GetValueType => (delegate* unmanaged<nint, int*, nint>)Table[67];
    internal static delegate* unmanaged<nint, void> ReleaseValue => (delegate* unmanaged<nint, void>)Table[96];

    internal static delegate* unmanaged<nint, nint*, nint> CastTypeInfoToTensorInfo => (delegate* unmanaged<nint, nint*, nint>)Table[55];
    internal static delegate* unmanaged<nint, int*, nint> GetOnnxTypeFromTypeInfo => (delegate* unmanaged<nint, int*, nint>)Table[56];
    internal static delegate* unmanaged<nint, int*, nint> GetTensorElementType => (delegate* unmanaged<nint, int*, nint>)Table[60];
    internal static delegate* unmanaged<nint, nuint*, nint> GetDimensionsCount => (delegate* unmanaged<nint, nuint*, nint>)Table[61];
    internal static delegate* unmanaged<nint, long*, nuint, nint> GetDimensions => (delegate* unmanaged<nint, long*, nuint, nint>)Table[62];
    internal static delegate* unmanaged<nint, byte**, nuint, nint> GetSymbolicDimensions => (delegate* unmanaged<nint, byte**, nuint, nint>)Table[63];
    internal static delegate* unmanaged<nint, nuint*, nint> GetTensorShapeElementCount => (delegate* unmanaged<nint, nuint*, nint>)Table[64];
    internal static delegate* unmanaged<nint, void> ReleaseTypeInfo => (delegate* unmanaged<nint, void>)Table[98];
    internal static delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo => (delegate* unmanaged<nint, void>)Table[99];

    internal static delegate* unmanaged<int, int, nint*, nint> CreateCpuMemoryInfo => (delegate* unmanaged<int, int, nint*, nint>)Table[69];
    internal static delegate* unmanaged<nint, void> ReleaseMemoryInfo => (delegate* unmanaged<nint, void>)Table[94];
    internal static delegate* unmanaged<nint, void*, nint> AllocatorFree => (delegate* unmanaged<nint, void*, nint>)Table[76];
    internal static delegate* unmanaged<nint*, nint> GetDefaultAllocator => (delegate* unmanaged<nint*, nint>)Table[78];
}
