using System.Diagnostics;
using PluginLens.Hub;

namespace PluginLens.Cli;

/// <summary>The Python exporter, in a process of its own: it makes model folders of checkpoints.</summary>
internal static class Exporter
{
    private const string Modules = "numpy, onnx";

    /// <summary>Whether a folder holds a checkpoint, as Hugging Face or TransformerLens publish them, and no ONNX file.</summary>
    /// <param name="folder">Any folder.</param>
    public static bool IsCheckpoint(string folder) => Directory.Exists(folder)
        && !Directory.EnumerateFiles(folder, "*.onnx").Any()
        && new[] { "*.safetensors", "*.bin", "*.pth", "*.pt" }.Any(pattern => Directory.EnumerateFiles(folder, pattern).Any());

    /// <summary>Exports a checkpoint.</summary>
    /// <param name="checkpoint">Its folder.</param>
    /// <param name="fetched">Where it was fetched from; null where it was here.</param>
    /// <param name="request">What is to be written.</param>
    /// <param name="cancellation">Ends the exporter; nothing is left behind.</param>
    /// <exception cref="ModelException">There is no exporter or no Python, or the exporter refuses the checkpoint. What was fetched stays.</exception>
    public static ImportOutcome Export(string checkpoint, FetchedModel? fetched, ImportRequest request, CancellationToken cancellation)
    {
        var script = FindScript();
        string[] arguments =
        [
            script ?? "export-scripts/export.py", checkpoint, request.Destination, .. fetched is null ? Array.Empty<string>() : ["--source-name", fetched.Source], "--dtype", request.Dtype == "stored" ? "float32" : request.Dtype,
            .. request.Name is { } name ? ["--name", name] : Array.Empty<string>(), .. request.Force ? ["--force"] : Array.Empty<string>(),
        ];
        if (script is null || FindPython(cancellation) is not { } python)
        {
            var lacking = script is null ? "the exporter is not beside this program: in a clone of it type" : $"its export needs python3 with {Modules} (Debian: apt install python3-numpy python3-onnx), then type";
            throw new ModelException($"{(fetched is null ? $"'{checkpoint}' is a checkpoint" : $"{fetched.Repository} is fetched")}; {lacking}: python3 {string.Join(' ', arguments.Select(Quoted))}");
        }

        var (code, output, errors) = Run(python, arguments, cancellation);
        cancellation.ThrowIfCancellationRequested();
        string[] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.StartsWith("next:", StringComparison.Ordinal))];
        if (code != 0 || lines.Length == 0)
        {
            var said = errors.Trim().Split('\n')[^1];
            var reason = said.StartsWith("error: ", StringComparison.Ordinal) ? said["error: ".Length..] : $"exit code {code}, {said}";
            throw new ModelException($"The exporter: {reason} (the checkpoint lies in '{checkpoint}').");
        }

        var summary = lines[0].StartsWith($"{request.Destination}: ", StringComparison.Ordinal) ? lines[0][(request.Destination.Length + 2)..] : lines[0];
        var notes = lines[1..].Select(line => line.StartsWith("note: ", StringComparison.Ordinal) ? line["note: ".Length..] : line);
        return new ImportOutcome(checkpoint, Path.GetFullPath(request.Destination), [KeyValuePair.Create("exported", summary)], [.. notes], "the exporter read the folder back, and its numbers are the checkpoint's", null);
    }

    /// <summary>The exporter of the clone that this program was built in; a folder that the user merely stands in has no say.</summary>
    private static string? FindScript()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var script = Path.Combine(at.FullName, "export-scripts", "export.py");
            if (File.Exists(script))
            {
                return script;
            }
        }

        return null;
    }

    private static string? FindPython(CancellationToken cancellation)
    {
        // The packages of a distribution serve its own python3; another may come first on the path.
        string[] candidates = Environment.GetEnvironmentVariable("PYTHON") is { Length: > 0 } named ? [named] : OperatingSystem.IsWindows() ? ["python", "python3"] : ["python3", "/usr/bin/python3", "/usr/local/bin/python3"];
        return candidates.FirstOrDefault(python => Run(python, ["-c", $"import {Modules}"], cancellation).Code == 0);
    }

    private static (int Code, string Output, string Errors) Run(string program, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            process.StandardInput.Close();
            using var stop = cancellation.Register(() => Stop(process));
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return (-1, string.Empty, error.Message);
        }
    }

    /// <summary>Ctrl-C reaches the exporter by itself, and it clears up; one that does not end is ended.</summary>
    private static void Stop(Process process)
    {
        if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static string Quoted(string argument) => argument.All(c => char.IsLetterOrDigit(c) || "/\\.-_:@".Contains(c, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
