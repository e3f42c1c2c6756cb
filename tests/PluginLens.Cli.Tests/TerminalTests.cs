using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace PluginLens.Cli.Tests;

/// <summary>What only a terminal gets; <c>script</c> gives the program one of 80 columns.</summary>
[Platform("Linux")]
public sealed class TerminalTests
{
    private static readonly string Fixture = Path.Combine(Cli.Root, "artifacts", "fixtures", "Misbehaves");

    [Test]
    public void List_IsBrokenBetweenWords_AndNowhereElse()
    {
        var (code, shown) = Shown("list", _ => false);

        var lines = shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')).ToList();
        Assert.That(code, Is.Zero);
        Assert.That(lines.Max(line => line.Length), Is.InRange(60, 80));
        Assert.That(Words(string.Join(' ', lines)), Is.EqualTo(Words(Cli.Run("list").Output)));

        static string[] Words(string text) => text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>While it waits there is a line of progress; the first Ctrl-C takes it away and says what is stopped, and what was printed is in the file alone.</summary>
    [TestCase("--trust")]
    [TestCase("--isolate")]
    public void Progress_IsOnTheTerminal_WhereverOutputGoes(string where)
    {
        using var folder = new TemporaryFolder();

        var (code, shown) = Shown($"run misbehaves --plugins '{Fixture}' --how stops-quietly {where} > '{folder.At("output")}'", text => text.Contains("working  0:00:01"));

        Assert.That(code, Is.EqualTo(130), shown);
        Assert.That(shown, Does.Match(@"\rworking  0:00:0\d").And.Match(@"\r +\rpluginlens: Stopping 'misbehaves': rows that are finished are kept\. Ctrl-C again ends it at once\.\r?\n"));
        Assert.That(shown, Does.EndWith("pluginlens: Stopped; what was finished was kept.\r\n"));
        Assert.That(File.ReadAllText(folder.At("output")), Does.Contain("rows: 1 row, incomplete").And.Contain("cancelled, not whole").And.Not.Contain("working"));
    }

    [Test]
    public void Quiet_ShowsNoProgress()
    {
        var (_, shown) = Shown($"run misbehaves --plugins '{Fixture}' --how loops --isolate --timeout 2.5 --quiet", _ => false);

        Assert.That(shown, Does.Contain("it took longer than the 2.5 seconds").And.Not.Contain("working"));
    }

    /// <summary>A command line on a terminal, with Ctrl-C as soon as something is shown.</summary>
    private static (int Code, string Shown) Shown(string line, Predicate<string> interrupts)
    {
        using var script = Process.Start(new ProcessStartInfo("script", ["-qec", $"stty cols 80; exec env --default-signal=INT dotnet '{Cli.Program}' {line}", "/dev/null"])
        {
            WorkingDirectory = Cli.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "dumb" },
        })!;
        var (shown, asked, buffer) = (new StringBuilder(), false, new char[4096]);
        while (script.StandardOutput.Read(buffer) is > 0 and var count)
        {
            shown.Append(buffer, 0, count);
            if (!asked && interrupts(shown.ToString()))
            {
                asked = true;
                script.StandardInput.Write('\x03');
                script.StandardInput.Flush();
            }
        }

        script.WaitForExit();
        return (script.ExitCode, Regex.Replace(shown.ToString(), @"\x1b\[[?0-9;]*[A-Za-z]|\^C", string.Empty));
    }
}
