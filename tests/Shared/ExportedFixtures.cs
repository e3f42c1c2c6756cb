using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Tests.Shared;

/// <summary>Model folders that the exporter makes of the golden checkpoints, once for each state of scripts and checkpoint.</summary>
internal static class ExportedFixtures
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Made = new(StringComparer.Ordinal);
    private static readonly Lazy<string> Python = new(FindPython);
    private static readonly Lazy<string> Scripts = new(() => HashOf(Path.Combine(Repository.Root, "export-scripts"), "*.py", "*.graph", "*.table"));

    /// <summary>The model folder of a checkpoint.</summary>
    /// <param name="name">Folder under tests/Golden/checkpoints or tests/Golden/next.</param>
    /// <param name="flags">Further flags of the exporter.</param>
    public static string Get(string name, params string[] flags) =>
        Made.GetOrAdd($"{name}{string.Concat(flags)}", key => new Lazy<string>(() => Export(name, key, flags))).Value;

    private static string Export(string name, string key, string[] flags)
    {
        var checkpoint = Repository.Checkpoint(name);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Scripts.Value + HashOf(checkpoint, "*"))))[..16];
        var folder = Path.Combine(Repository.Root, "artifacts", "exported", $"{key}-{hash}");
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using var turn = Turn($"{folder}.lock");
        if (!Directory.Exists(folder))
        {
            var (code, errors) = Run(Python.Value, [Path.Combine(Repository.Root, "export-scripts", "export.py"), checkpoint, folder, "--name", name, .. flags]);
            Assert.That(code, Is.Zero, errors);
        }

        return folder;
    }

    /// <summary>Waits while another test process makes the same folder.</summary>
    private static FileStream Turn(string file)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(5); ;)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < deadline)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static string FindPython()
    {
        string?[] candidates = [Environment.GetEnvironmentVariable("PYTHON"), "python3", "/usr/bin/python3"];
        return candidates.FirstOrDefault(python => !string.IsNullOrEmpty(python) && Run(python, ["-c", "import onnx, numpy, torch"]).Code == 0)
            ?? throw new InvalidOperationException("These tests export models: no python3 with onnx, numpy and torch was found. Install python3-onnx, python3-numpy and python3-torch, or set PYTHON.");
    }

    private static string HashOf(string folder, params string[] patterns)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in patterns.SelectMany(pattern => Directory.GetFiles(folder, pattern, SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (int Code, string Errors) Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, errors + output.Result);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return (-1, error.Message);
        }
    }
}
