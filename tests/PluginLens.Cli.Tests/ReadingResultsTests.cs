using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using PluginLens.Tests.Shared;

namespace PluginLens.Cli.Tests;

/// <summary>
/// Every snippet of docs/reading-results.md prints what stands below it, on the run that the page begins with. With <c>PLUGINLENS_UPDATE_EXAMPLES=1</c> what stands there is rewritten instead.
/// </summary>
[Platform("Linux")]
public sealed partial class ReadingResultsTests
{
    private static readonly string Page = Path.Combine(Cli.Root, "docs", "reading-results.md");
    private TemporaryFolder _folder = null!;

    private static IEnumerable<TestCaseData> Snippets => Snippet().Matches(File.ReadAllText(Page)).Select((snippet, at) =>
        new TestCaseData(snippet.Groups[1].Value, snippet.Groups[2].Value, snippet.Groups[3].Value).SetArgDisplayNames($"{at} {snippet.Groups[1].Value}"));

    [OneTimeSetUp]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Run()
    {
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(_folder.At("bin"));
        File.WriteAllText(_folder.At("bin/pluginlens"), $"#!/bin/sh\nexec dotnet '{Cli.Program}' \"$@\"\n");
        File.SetUnixFileMode(_folder.At("bin/pluginlens"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var command = File.ReadLines(Page).Single(line => line.StartsWith("    pluginlens run ", StringComparison.Ordinal));
        var (code, output) = Shell("bash", ["-c", $"{command} --models '{Path.Combine(Cli.Root, "models", "onnx")}'"]);
        Assert.That(code, Is.Zero, output);
    }

    [OneTimeTearDown]
    public void Delete() => _folder.Dispose();

    [TestCaseSource(nameof(Snippets))]
    public void Snippet_PrintsWhatThePageShows(string language, string code, string shown)
    {
        var (exit, output) = language switch
        {
            "python" => Shell("/usr/bin/python3", ["-c", code]),
            "r" => Shell("Rscript", ["-e", code]),
            _ => (0, Query(code)),
        };

        Assert.That(exit, Is.Zero, output);
        if (Environment.GetEnvironmentVariable("PLUGINLENS_UPDATE_EXAMPLES") == "1")
        {
            File.WriteAllText(Page, File.ReadAllText(Page).Replace($"{code}```\n\n```text\n{shown}", $"{code}```\n\n```text\n{output}", StringComparison.Ordinal));
            return;
        }

        Assert.That(output, Is.EqualTo(shown));
    }

    [Test]
    public void Page_HasASnippetForEachReader() => Assert.That(Snippets.Select(snippet => snippet.Arguments[0]).Distinct(), Is.EquivalentTo(["python", "r", "sql"]));

    /// <summary>What a list of rows looks like in text.</summary>
    private string Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql.Replace("'runs/", $"'{_folder.At("runs")}/", StringComparison.Ordinal);
        using var reader = command.ExecuteReader();
        var rows = new List<string> { string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)) };
        while (reader.Read())
        {
            rows.Add(string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(at => Convert.ToString(reader.GetValue(at), CultureInfo.InvariantCulture))));
        }

        return string.Join('\n', rows) + "\n";
    }

    private (int ExitCode, string Output) Shell(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.At("."), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder.At("bin")}:{start.Environment["PATH"]}";
        start.Environment["PLUGINLENS_MODELS"] = Path.Combine(Cli.Root, "models", "onnx");
        start.Environment["XDG_CACHE_HOME"] = _folder.At("cache");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }

    [GeneratedRegex("```(python|r|sql)\n(.*?)```\n\n```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
