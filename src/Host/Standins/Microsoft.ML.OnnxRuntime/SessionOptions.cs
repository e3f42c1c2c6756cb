using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of a session.</summary>
public unsafe class SessionOptions : SafeHandle
{
    private readonly List<OrtValue> initializers = [];
    private bool enableMemoryPattern = true;
    private bool enableCpuMemArena = true;
    private int intraOpNumThreads;
    private int interOpNumThreads;
    private string logId = "";
    private OrtLoggingLevel logSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;
    private GraphOptimizationLevel graphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
    private ExecutionMode executionMode = ExecutionMode.ORT_SEQUENTIAL;

    /// <summary>Makes options with the defaults of the native library.</summary>
    public SessionOptions()
        : base(0, ownsHandle: true)
    {
        _ = OrtEnv.Instance(); // Providers write to its log when they are appended.
        nint options;
        Status.Check(OrtApi.CreateSessionOptions(&options));
        SetHandle(options);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Whether memory is laid out ahead of a run from the shapes of earlier ones.</summary>
    public bool EnableMemoryPattern
    {
        get => enableMemoryPattern;
        set
        {
            using var lease = new Lease(this);
            Status.Check(value ? OrtApi.EnableMemPattern(lease.Pointer) : OrtApi.DisableMemPattern(lease.Pointer));
            enableMemoryPattern = value;
        }
    }

    /// <summary>Whether the session keeps freed memory for later runs.</summary>
    public bool EnableCpuMemArena
    {
        get => enableCpuMemArena;
        set
        {
            using var lease = new Lease(this);
            Status.Check(value ? OrtApi.EnableCpuMemArena(lease.Pointer) : OrtApi.DisableCpuMemArena(lease.Pointer));
            enableCpuMemArena = value;
        }
    }

    /// <summary>What the session's log lines start with.</summary>
    public string LogId
    {
        get => logId;
        set
        {
            using var lease = new Lease(this);
            fixed (byte* id = NativeText.Write(value))
            {
                Status.Check(OrtApi.SetSessionLogId(lease.Pointer, id));
            }

            logId = value;
        }
    }

    /// <summary>From which severity on the session writes to the standard error stream.</summary>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => logSeverityLevel;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.SetSessionLogSeverityLevel(lease.Pointer, (int)value));
            logSeverityLevel = value;
        }
    }

    /// <summary>How many threads work on one node, the caller's included; 0 is one for each core.</summary>
    public int IntraOpNumThreads
    {
        get => intraOpNumThreads;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.SetIntraOpNumThreads(lease.Pointer, value));
            intraOpNumThreads = value;
        }
    }

    /// <summary>How many nodes run at the same time where <see cref="ExecutionMode"/> is parallel; 0 is one for each core.</summary>
    public int InterOpNumThreads
    {
        get => interOpNumThreads;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.SetInterOpNumThreads(lease.Pointer, value));
            interOpNumThreads = value;
        }
    }

    /// <summary>How far the graph is rewritten before it runs.</summary>
    public GraphOptimizationLevel GraphOptimizationLevel
    {
        get => graphOptimizationLevel;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.SetSessionGraphOptimizationLevel(lease.Pointer, (int)value));
            graphOptimizationLevel = value;
        }
    }

    /// <summary>Whether branches of the graph may run at the same time.</summary>
    public ExecutionMode ExecutionMode
    {
        get => executionMode;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.SetSessionExecutionMode(lease.Pointer, (int)value));
            executionMode = value;
        }
    }

    /// <summary>The values that sessions made with these options must keep alive.</summary>
    internal IReadOnlyList<OrtValue> Initializers => initializers;

    /// <summary>Runs what it can on an NVIDIA GPU; throws where the provider or what it needs is not on this machine.</summary>
    public void AppendExecutionProvider_CUDA(int deviceId = 0)
    {
        using var lease = new Lease(this);
        nint cuda;
        Status.Check(OrtApi.CreateCudaOptions(&cuda));
        try
        {
            fixed (byte* key = "device_id\0"u8, value = NativeText.Write($"{deviceId}"))
            {
                Status.Check(OrtApi.UpdateCudaOptions(cuda, &key, &value, 1));
            }

            Status.Check(OrtApi.AppendCuda(lease.Pointer, cuda));
        }
        finally
        {
            OrtApi.ReleaseCudaOptions(cuda);
        }
    }

    /// <summary>Gives the session an initializer, in place of the model's own of that name; nothing is copied.</summary>
    /// <remarks>Sessions keep the value alive. Memory that the value itself does not own must outlive the sessions.</remarks>
    public void AddInitializer(string name, OrtValue ortValue)
    {
        ArgumentNullException.ThrowIfNull(ortValue);
        using var lease = new Lease(this);
        using var value = new Lease(ortValue.Handle);
        fixed (byte* text = NativeText.Write(name))
        {
            Status.Check(OrtApi.AddInitializer(lease.Pointer, text, value.Pointer));
        }

        initializers.Add(ortValue);
    }

    /// <summary>Sets an option that the native library knows by name.</summary>
    public void AddSessionConfigEntry(string configKey, string configValue)
    {
        using var lease = new Lease(this);
        fixed (byte* key = NativeText.Write(configKey), value = NativeText.Write(configValue))
        {
            Status.Check(OrtApi.AddSessionConfigEntry(lease.Pointer, key, value));
        }
    }

    /// <summary>Fixes the open dimension of that name.</summary>
    public void AddFreeDimensionOverrideByName(string dimName, long dimValue)
    {
        using var lease = new Lease(this);
        fixed (byte* name = NativeText.Write(dimName))
        {
            Status.Check(OrtApi.AddFreeDimensionOverrideByName(lease.Pointer, name, dimValue));
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseSessionOptions(handle);
        return true;
    }
}
