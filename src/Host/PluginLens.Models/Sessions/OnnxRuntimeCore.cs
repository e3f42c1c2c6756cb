using Microsoft.ML.OnnxRuntime;

namespace PluginLens.Models.Sessions;

/// <summary>The native core of ONNX Runtime, as <c>doctor</c> reports it.</summary>
/// <param name="Works">Whether it loads.</param>
/// <param name="Found">Its version and the execution providers compiled into it, or why it does not load.</param>
public sealed record OnnxRuntimeCore(bool Works, string Found)
{
    /// <summary>Loads the core and asks it.</summary>
    public static OnnxRuntimeCore Find()
    {
        try
        {
            var core = OrtEnv.Instance();
            return new OnnxRuntimeCore(true, $"{core.GetVersionString()}; compiled in: {string.Join(", ", core.GetAvailableProviders())}");
        }
        catch (Exception error) when (error is OnnxRuntimeException or DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            return new OnnxRuntimeCore(false, (error.InnerException ?? error).Message.ReplaceLineEndings(" "));
        }
    }
}
