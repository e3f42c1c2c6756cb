using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>Whoever reads what the program prints may be slow, or go away.</summary>
[Platform("Linux")]
public sealed class PipeTests
{
    /// <summary>Who reads a little at a time gets all of it, and the program waits.</summary>
    [Test]
    public void SlowPipe_GetsEveryByte([Values("csv", "json")] string format)
    {
        string[] arguments = ["qk-pairs", "--model", "tiny-gpt2", "--k", "2000", "--format", format, "--quiet"];
        var whole = Cli.Run(arguments);
        using var process = Cli.Start(Cli.Root, arguments, new Dictionary<string, string>());
        var (buffer, read) = (new char[4096], new System.Text.StringBuilder());
        for (int count; (count = process.StandardOutput.Read(buffer)) > 0;)
        {
            read.Append(buffer, 0, count);
            Thread.Sleep(1);
        }

        process.WaitForExit();
        Assert.That((process.ExitCode, whole.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(read.Length, Is.GreaterThan(1 << 18));
        Assert.That(Untimed(read.ToString()), Is.EqualTo(Untimed(whole.Output)));

        static string Untimed(string text) => Regex.Replace(text, "\"(started|wall_seconds)\": [^\\n]*", string.Empty);
    }

    [TestCase("csv")]
    [TestCase("json")]
    [TestCase("table")]
    public void ClosedPipe_EndsTheProgramQuietly(string format)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", $"dotnet '{Cli.Program}' qk-pairs --model tiny-gpt2 --k 2000 --rows 0 --format {format} --quiet | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}"])
        {
            WorkingDirectory = Cli.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = bash.StandardError.ReadToEndAsync();

        Assert.That(bash.StandardOutput.ReadToEnd().Trim(), Is.AnyOf("0", "1", "2"));
        Assert.That(errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(1), errors.Result);
        Assert.That(errors.Result, Does.Not.Contain("Unexpected"));
    }
}
