using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Models.Sessions;

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
            // A provider that does not load is written to the console by the environment's own log.
            OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            options.AppendExecutionProvider_CUDA(0);
            using var session = new InferenceSession(Smallest(), options);
            using var input = OrtValue.CreateTensorValueFromMemory([1f], [1]);
            using var run = new RunOptions();
            session.Run(run, ["x"], [input], ["y"]).Dispose();
            return new DeviceChoice(true, null);
        }
        catch (Exception error) when (error is OnnxRuntimeException or DllNotFoundException or EntryPointNotFoundException)
        {
            // The core for processors lacks even the function.
            var reason = error is EntryPointNotFoundException ? "built without CUDA; PLUGINLENS_GPU=1 ./pluginlens builds with it on linux-x64 and win-x64" : Missing(AppContext.BaseDirectory) ?? Plain(error.Message);
            return device == Device.Auto ? new DeviceChoice(false, reason) : throw new ModelException(
                $"--device cuda: the CUDA execution provider does not work here ({reason}); docs/cuda.md lists what it needs, --device cpu works without.", error);
        }
    }

    /// <summary>The library that the provider asks for in vain, which ONNX Runtime only logs; null where all are there.</summary>
    /// <param name="folder">Where the provider's own libraries lie.</param>
    internal static string? Missing(string folder)
    {
        foreach (var name in new[] { "shared", "cuda" })
        {
            var file = OperatingSystem.IsWindows() ? $"onnxruntime_providers_{name}.dll" : $"libonnxruntime_providers_{name}.so";
            try
            {
                NativeLibrary.Load(Path.Combine(folder, file));
            }
            catch (DllNotFoundException error)
            {
                return $"{file}: {error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1]}";
            }
        }

        return null;
    }

    /// <summary>What ONNX Runtime says, without the source lines that it puts in front.</summary>
    private static string Plain(string message)
    {
        const string Mark = "FAIL : ";
        var at = message.LastIndexOf(Mark, StringComparison.Ordinal);
        return (at < 0 ? message : message[(at + Mark.Length)..]).ReplaceLineEndings(" ").Trim();
    }

    /// <summary>A model that adds its input to itself.</summary>
    private static byte[] Smallest()
    {
        var node = new NodeProto { OpType = "Add" };
        node.Input.Add(["x", "x"]);
        node.Output.Add("y");
        var model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "probe" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Node.Add(node);
        model.Graph.Input.Add(CanonicalProto.Value("x", ["1"], ElementTypes.Float));
        model.Graph.Output.Add(CanonicalProto.Value("y", ["1"], ElementTypes.Float));
        return model.ToByteArray();
    }
}
