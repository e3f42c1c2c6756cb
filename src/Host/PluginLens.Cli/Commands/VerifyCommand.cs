using System.CommandLine;
using System.Globalization;
using PluginLens.Host;
using PluginLens.Models;
using PluginLens.Models.Verification;
using PluginLens.Numerics;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens verify MODEL</c>: whether a model is whole and does what it says.</summary>
internal static class VerifyCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("model") { Description = "A name under the models folder, or any model folder.", HelpName = "NAME|FOLDER" };
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("verify", "Checks a model against its hashes, its metadata and itself. Exit code 0: all passed, 1: something failed, 2: cannot be opened.") { name, format };
        command.SetAction(parse =>
        {
            using var model = ModelFolder.Open(new ModelLocator(parse.GetValue(GlobalOptions.Models)).Find(parse.GetValue(name)), new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Ignore });
            using var stop = new Interrupt("the check", "it changes nothing");
            var own = ModelVerification.Run(model);
            var report = own with { Checks = [.. own.Checks, .. PublishedValues.Run(model, new CpuCompute(0, stop.Token))] };
            if (parse.GetValue(format) == "json")
            {
                PrintJson(model, report);
            }
            else
            {
                Print(model, report, own.Passed);
            }

            return report.Passed ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(OnnxModel model, VerificationReport report, bool isConsistent)
    {
        Columns.Print(
            ["", "check", "measured", "tolerance", "detail"],
            report.Checks.Select(check => new[] { check.Passed ? "pass" : "FAIL", check.Name, Number(check.Measured), Number(check.Tolerance), check.Detail }));
        Console.WriteLine();
        Console.WriteLine($"noise floor: {Number(report.NoiseOfBatch)} (one sequence alone or beside another), {Number(report.NoiseOfProduct)} (one float32 product against float64)");
        if (PublishedValues.NameOf(model.Config) is { } known)
        {
            Console.Write(model.Config.Processing.Count > 0 ? $"published numbers of {known} are of raw weights; export it without processing to compare them\n" : string.Empty);
            Console.Write(isConsistent && !report.Passed ? $"the model is consistent in itself, but its numbers are not those published of {known}: it has the same sizes, and was perhaps trained further\n" : string.Empty);
        }

        Console.WriteLine($"{model.Config.Name}: {report.Checks.Count(check => check.Passed)} of {report.Checks.Count} checks passed");
    }

    private static void PrintJson(OnnxModel model, VerificationReport report) => Json.Print(new
    {
        model = model.Config.Name,
        sha256 = model.Sha256,
        passed = report.Passed,
        noise_floor = new { batch = report.NoiseOfBatch, product = report.NoiseOfProduct },
        checks = report.Checks.Select(check => new { name = check.Name, passed = check.Passed, measured = Finite(check.Measured), tolerance = check.Tolerance, detail = check.Detail }),
    });

    /// <summary>JSON has no infinity.</summary>
    private static double? Finite(double? number) => number is { } value && double.IsFinite(value) ? number : null;

    private static string Number(double? number) => number is { } value ? value == 0 ? "0" : value.ToString("0.0e+0", CultureInfo.InvariantCulture) : "-";
}
