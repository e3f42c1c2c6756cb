using System.Diagnostics;
using System.Text.Json;

namespace PluginLens.Cli.Tests;

/// <summary>Runs of the plugin that misbehaves.</summary>
internal static class Misbehaving
{
    /// <summary>What the program says when a run is to stop.</summary>
    public const string Stopping = "pluginlens: Stopping 'misbehaves': rows that are finished are kept. Ctrl-C again ends it at once.\n";

    /// <summary>Where the plugin lies.</summary>
    public static string Fixture { get; } = Path.Combine(Cli.Root, "artifacts", "fixtures", "Misbehaves");

    /// <summary>Arguments of a run.</summary>
    /// <param name="how">What it does.</param>
    public static string[] Arguments(string how) => ["run", "--plugin", "misbehaves", "--plugins", Fixture, "--how", how];

    /// <summary>Runs it to its end.</summary>
    /// <param name="how">What it does.</param>
    /// <param name="more">Further arguments.</param>
    public static CliResult Run(string how, params string[] more) => Cli.Run([.. Arguments(how), .. more]);

    /// <summary>Sends what Ctrl-C does.</summary>
    /// <param name="process">The program.</param>
    public static void Interrupt(Process process)
    {
        using var signal = Process.Start("kill", ["-INT", $"{process.Id}"]);
        signal.WaitForExit();
    }

    /// <summary>How a run ended.</summary>
    /// <param name="run">Its folder.</param>
    public static string? Status(string run) => Json(run).GetProperty("status").GetString();

    /// <summary>Its <c>run.json</c>.</summary>
    /// <param name="run">Its folder.</param>
    public static JsonElement Json(string run) => JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json"))).RootElement;
}
