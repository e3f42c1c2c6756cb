using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>The environment of the process: logging, and what the native library offers. There is one.</summary>
public sealed unsafe class OrtEnv : SafeHandle
{
    private static readonly Lock Gate = new();
    private static OrtEnv? instance;
    private OrtLoggingLevel logLevel;

    private OrtEnv(nint environment, OrtLoggingLevel logLevel)
        : base(0, ownsHandle: true)
    {
        SetHandle(environment);
        this.logLevel = logLevel;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>From which severity on the library writes to the standard error stream, where a session does not say otherwise.</summary>
    public OrtLoggingLevel EnvLogLevel
    {
        get => logLevel;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.UpdateEnvWithCustomLogLevel(lease.Pointer, (int)value));
            logLevel = value;
        }
    }

    /// <summary>The environment, made at the first call.</summary>
    public static OrtEnv Instance()
    {
        lock (Gate)
        {
            return instance is { IsClosed: false } ? instance : instance = Create(OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING);
        }
    }

    /// <summary>The version of the native library, such as <c>1.29.0</c>.</summary>
    public string GetVersionString()
    {
        _ = NativeCore.Table.Value;
        return NativeCore.Version;
    }

    /// <summary>The execution providers that the native library was built for; whether one of them works here only trying tells.</summary>
    public string[] GetAvailableProviders()
    {
        byte** names;
        int count;
        Status.Check(OrtApi.GetAvailableProviders(&names, &count));
        var providers = new string[count];
        for (var i = 0; i < count; i++)
        {
            providers[i] = NativeText.Read(names[i]);
        }

        Status.Check(OrtApi.ReleaseAvailableProviders(names, count));
        return providers;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseEnv(handle);
        return true;
    }

    private static OrtEnv Create(OrtLoggingLevel level)
    {
        fixed (byte* id = "onnxruntime\0"u8)
        {
            nint environment;
            Status.Check(OrtApi.CreateEnv((int)level, id, &environment));
            return new OrtEnv(environment, level);
        }
    }
}
