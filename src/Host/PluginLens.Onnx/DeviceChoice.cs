using Microsoft.ML.OnnxRuntime;

namespace PluginLens.Onnx;

/// <summary>The device that forward passes use, and why.</summary>
/// <param name="UsesCuda">Whether it is CUDA.</param>
/// <param name="Reason">Why the processor is used although CUDA was wanted or allowed; null otherwise.</param>
public sealed record DeviceChoice(bool UsesCuda, string? Reason)
{
    /// <summary>Tries what was asked for. Whether CUDA works is only known by trying: the list of providers names what was compiled in.</summary>
    /// <param name="device">What was asked for.</param>
    public static DeviceChoice Try(Device device)
    {
        if (device == Device.Cpu)
        {
            return new DeviceChoice(false, null);
        }

        try
        {
            using var options = new SessionOptions();
            options.AppendExecutionProvider_CUDA(0);
            return new DeviceChoice(true, null);
        }
        catch (Exception error) when (error is OnnxRuntimeException or DllNotFoundException or EntryPointNotFoundException)
        {
            var reason = error.Message.ReplaceLineEndings(" ");
            return device == Device.Auto ? new DeviceChoice(false, reason) : throw new ModelException(
                $"--device cuda: the CUDA execution provider does not load ({reason}); docs/cuda.md lists what it needs, --device cpu works without.", error);
        }
    }
}
