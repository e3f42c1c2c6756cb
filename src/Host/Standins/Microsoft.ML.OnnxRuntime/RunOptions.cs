using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of one run. Any thread may set <see cref="Terminate"/> while the run goes on.</summary>
public unsafe class RunOptions : SafeHandle
{
    private OrtLoggingLevel logSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;
    private bool terminate;

    /// <summary>Makes options with the defaults of the native library.</summary>
    public RunOptions()
        : base(0, ownsHandle: true)
    {
        nint options;
        Status.Check(OrtApi.CreateRunOptions(&options));
        SetHandle(options);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>From which severity on the run writes to the standard error stream.</summary>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => logSeverityLevel;
        set
        {
            using var lease = new Lease(this);
            Status.Check(OrtApi.RunOptionsSetRunLogSeverityLevel(lease.Pointer, (int)value));
            logSeverityLevel = value;
        }
    }

    /// <summary>Set to end, with an error, the runs that use these options; unset to use the options again.</summary>
    public bool Terminate
    {
        get => terminate;
        set
        {
            using var lease = new Lease(this);
            Status.Check(value ? OrtApi.RunOptionsSetTerminate(lease.Pointer) : OrtApi.RunOptionsUnsetTerminate(lease.Pointer));
            terminate = value;
        }
    }

    /// <summary>Sets an option that the native library knows by name.</summary>
    public void AddRunConfigEntry(string configKey, string configValue)
    {
        using var lease = new Lease(this);
        fixed (byte* key = NativeText.Write(configKey), value = NativeText.Write(configValue))
        {
            Status.Check(OrtApi.AddRunConfigEntry(lease.Pointer, key, value));
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseRunOptions(handle);
        return true;
    }
}
