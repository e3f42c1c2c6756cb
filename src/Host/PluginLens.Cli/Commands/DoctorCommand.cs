using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PluginLens.Host;
using PluginLens.Models;
using PluginLens.Models.Sessions;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens doctor</c>: what works here, what is missing, and what to do about it.</summary>
internal static class DoctorCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("doctor", "Checks this installation: native core, devices, vector width, plugins, models.");
        command.SetAction(parse =>
        {
            List<(string What, bool Works, string Found)> checks =
            [
                ("program", true, $"pluginlens {Versions.Program}, contract {PluginLoading.ContractVersion.ToString(2)}, .NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}"),
                ("processor", true, $"{Environment.ProcessorCount} threads, {VectorWidth()}"),
                NativeCore(),
                Cuda(),
                Plugin(parse),
                .. Models(parse),
            ];
            Columns.Print(["", "check", "found"], checks.Select(check => new[] { check.Works ? "ok" : "--", check.What, check.Found }));
            return checks.Exists(check => !check.Works && check.What != "CUDA") ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static string VectorWidth() =>
        Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : Vector128.IsHardwareAccelerated ? "128-bit vectors" : "no vectors";

    private static (string What, bool Works, string Found) NativeCore()
    {
        var core = OnnxRuntimeCore.Find();
        return ("ONNX Runtime", core.Works, core.Found);
    }

    private static (string What, bool Works, string Found) Cuda()
    {
        try
        {
            var choice = DeviceChoice.Try(Device.Auto);
            return ("CUDA", choice.UsesCuda, choice.UsesCuda ? "works" : $"not used: {choice.Reason}; docs/cuda.md says what it needs");
        }
        catch (TypeInitializationException error)
        {
            return ("CUDA", false, (error.InnerException ?? error).Message);
        }
    }

    private static (string What, bool Works, string Found) Plugin(ParseResult parse)
    {
        var catalog = Plugins.Discover(parse);
        var faults = catalog.Faults.Count == 0 ? string.Empty : $"; skipped: {string.Join("; ", catalog.Faults.Select(fault => $"{fault.Folder} ({fault.Message})"))}";
        return ("plugins", catalog.Entries.Count > 0, $"{catalog.Entries.Count} analyses{faults}");
    }

    private static IEnumerable<(string What, bool Works, string Found)> Models(ParseResult parse)
    {
        var locator = new ModelLocator(parse.GetValue(GlobalOptions.Models));
        if (locator.Roots.Count == 0)
        {
            yield return ("models", false, "no models folder; give --models FOLDER");
        }

        foreach (var folder in locator.All())
        {
            (string, bool, string) check;
            try
            {
                using var model = ModelFolder.Open(folder, new OpenOptions { HashFolder = UserCache.Folder("hashes") });
                check = ("model", true, $"{folder}: {model.Config.Architecture}, {model.Config.NLayers} layers");
            }
            catch (ModelException error)
            {
                check = ("model", false, error.Message);
            }

            yield return check;
        }
    }
}
