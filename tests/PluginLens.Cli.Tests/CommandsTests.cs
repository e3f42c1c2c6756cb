using System.IO.Compression;

namespace PluginLens.Cli.Tests;

/// <summary>What a person types, and the commands that keep house.</summary>
public sealed class CommandsTests
{
    [TestCase("", "Usage:", 0)]
    [TestCase("head-detecto", "did you mean 'head-detector'", 2)]
    [TestCase("runn", "did you mean 'run'", 2)]
    [TestCase("zzzzzz", "'pluginlens list' the analyses", 2)]
    [TestCase("run --plugin ov-pairs --seed", "--seed needs a value", 2)]
    [TestCase("inspect tiny-gpt3", "did you mean 'tiny-gpt2'", 2)]
    [TestCase("DESCRIBE OV-pairs", "ov-pairs", 0)]
    [TestCase("run --plugin ov-pairs --LAYER 1", "did you mean '--layer'", 2)]
    [TestCase("run --plugin attention --model tiny-gpt2 --prompts tests", "is a folder", 2)]
    public void TypedLine_IsUnderstoodOrAnsweredInOneLine(string line, string said, int code)
    {
        var result = Cli.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.That((result.ExitCode, code == 0 ? result.Output : result.Errors), Is.EqualTo((code, code == 0 ? result.Output : result.Errors)));
        Assert.That(code == 0 ? result.Output : result.Errors, Does.Contain(said));
        Assert.That(code == 0 || result.Errors.TrimEnd().Split('\n').Length == 1, result.Errors);
    }

    [Test]
    public void HelpOfRun_HasItsOptionsInGroups()
    {
        var help = Cli.Run("run", "--help");

        Assert.That((help.ExitCode, help.Errors), Is.EqualTo((0, string.Empty)));
        string[] titles = ["Usage:", "What to run:", "On what:", "How:", "What is printed:", "Where to:", "Further:"];
        Assert.That(help.Output.Split('\n').Where(line => line.EndsWith(':') && !line.StartsWith(' ')), Is.EqualTo(titles.Prepend("Examples:")));
        Assert.That(help.Output[help.Output.IndexOf("Further:", StringComparison.Ordinal)..], Is.EqualTo("Further:\n" + help.Output.Split('\n')[^2] + "\n").And.Contain("--help"), "every option has its group");
        Assert.That(help.Output, Does.Contain("--hooks 'blocks.*.hook_resid_post'").And.Contain("[default: csv]").And.Contain("[default: auto]"));
        Assert.That(help.Output, Does.Not.Contain("System.").And.Not.Contain("Csv").And.Not.Contain("additional arguments"));
        Assert.That(Cli.Run("describe", "--help").Output, Does.Contain("Usage:"), "others have theirs");
    }

    [Test]
    public void Analysis_RunsWithoutSayingRunOrPlugin()
    {
        string[] options = ["--model", "tiny-gpt2", "--layer", "0", "--head", "0", "--k", "2", "--format", "csv"];

        var whole = Cli.Run(["run", "--plugin", "ov-pairs", .. options]);

        Assert.That(whole.ExitCode, Is.Zero, whole.Errors);
        Assert.That(Cli.Run(["ov-pairs", .. options]), Is.EqualTo(whole));
        Assert.That(Cli.Run(["run", "OV-Pairs", .. options]), Is.EqualTo(whole));
    }

    [Test]
    public void Prompts_ComeFromStandardInput_ForEveryModel()
    {
        string[] arguments = ["attention", "--model", "tiny-gpt2", "--model", "tiny-gpt2-b", "--prompts", "-", "--layer", "0", "--head", "0", "--table", "attention", "--format", "csv"];
        using var process = Cli.StartAndWrite(arguments, "the king\n\nthe queen\n");
        var (errors, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        using var folder = new TemporaryFolder();
        var file = folder.At("texts.tsv");
        File.WriteAllText(file, "label\ttext\na\tthe king\nb\tthe queen\n");

        var same = Cli.Run([.. arguments.Select(argument => argument == "-" ? file : argument)]);

        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        Assert.That(same.Output, Is.EqualTo(output).And.Not.Empty, same.Errors);
    }

    [TestCase("complete -- describ", "describe")]
    [TestCase("complete -- head-det", "head-detector")]
    [TestCase("complete -- run --plugin qk-", "qk-pairs")]
    [TestCase("complete -- run --model tiny-gpt2-r", "tiny-gpt2-reviews")]
    [TestCase("complete -- run --plugin ov-pairs --exclude-sa", "--exclude-same")]
    [TestCase("complete -- ov-pairs --head 1 --word-in", "--word-initial")]
    [TestCase("complete -- run qk-pairs --embedding inp", "input")]
    [TestCase("complete -- run --plugin ov-pairs --format js", "json")]
    [TestCase("complete -- plugins inst", "install")]
    [TestCase("complete -- inspect smol", "smollm2-135m")]
    [TestCase("complete -- run --plugin no-such --f", "--format")]
    public void Completion_OffersWhatFits(string line, string candidate)
    {
        var result = Cli.Run(line.Split(' '));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Member(candidate).And.All.StartsWith(line.Split(' ')[^1]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void CompletionScript_CompletesInBash()
    {
        using var folder = new TemporaryFolder();
        var program = folder.At("pluginlens");
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet '{Cli.Program}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var script = folder.At("try.sh");
        File.WriteAllText(script, Cli.Run("completion", "bash").Output + $"COMP_WORDS=('{program}' run --plugin stream-t); COMP_CWORD=3; _pluginlens; echo \"${{COMPREPLY[@]}}\"\n");

        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, WorkingDirectory = Cli.Root })!;

        Assert.That(bash.StandardOutput.ReadToEnd(), Is.EqualTo("stream-table\n"));
        Assert.That(Cli.Run("completion", "tcsh").Errors, Does.Contain("expected bash, zsh, fish, powershell"));
        foreach (var shell in new[] { "zsh", "fish", "powershell" })
        {
            Assert.That(Cli.Run("completion", shell).Output, Does.Contain("complete"));
        }
    }

    [Test]
    public void Checkpoint_IsNamedWhereAModelIsExpected_AndImported()
    {
        using var folder = new TemporaryFolder();
        const string Checkpoint = "tests/Golden/checkpoints/gpt2";

        var run = Cli.Run("ov-pairs", "--model", Checkpoint);
        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((2, $"pluginlens: '{Checkpoint}' is a checkpoint, not a model folder; make one of it first: pluginlens import {Checkpoint} models/onnx/gpt2\n")));

        var import = Cli.Run("import", Checkpoint, folder.At("gpt2"));
        Assert.That(import.ExitCode, Is.Zero, import.Errors);
        Assert.That(import.Output, Does.Contain("exported  gpt2").And.EndsWith($"next:  pluginlens inspect {folder.At("gpt2")}\n"));
        Assert.That(Cli.Run("ov-pairs", "--model", folder.At("gpt2"), "--layer", "0", "--k", "1").ExitCode, Is.Zero);
        Assert.That(Cli.Run("import", Checkpoint, folder.At("gpt2")), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("--force"));
    }

    [Test]
    public void Plugin_IsInstalledFromFolderOrPackage_AndRemoved()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["XDG_DATA_HOME"] = folder.At("data") };
        CliResult Run(params string[] arguments) => Cli.RunIn(Cli.Root, arguments, environment);
        var shipped = Path.Combine(Path.GetDirectoryName(Cli.Program)!, "plugins", "Circuits");

        // The program's own plugins are there already: one with the same analyses would make both unusable.
        Assert.That(Run("plugins", "install", shipped), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("is there already"));

        PluginFolderTests.Copied(folder, "other-norms");
        var fixture = folder.At("plugins/TokenNorms");
        var installed = Run("plugins", "install", fixture);
        Assert.That(installed.ExitCode, Is.Zero, installed.Errors);
        Assert.That(Run("plugins", "list").Output, Does.Contain(Path.Combine("data", "pluginlens", "plugins", Path.GetFileName(fixture))));
        Assert.That(Run("plugins", "install", fixture), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("--force"));

        var package = folder.At("own.nupkg");
        ZipFile.CreateFromDirectory(fixture, package, CompressionLevel.Fastest, includeBaseDirectory: true);
        Assert.That(Run("plugins", "install", package, "--force"), Has.Property("ExitCode").Zero);
        Assert.That(Run("plugins", "remove", Path.GetFileName(fixture)[..^1]), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("did you mean"));
        Assert.That(Run("plugins", "remove", Path.GetFileName(fixture)), Has.Property("ExitCode").Zero);
        Assert.That(Directory.EnumerateFileSystemEntries(folder.At("data/pluginlens/plugins")), Is.Empty);

        File.WriteAllText(package, "no package");
        Assert.That(Run("plugins", "install", package), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("not a package"));
        Assert.That(Run("plugins", "install", folder.At(string.Empty)), Has.Property("ExitCode").EqualTo(2));
    }

    [Test]
    public void Cache_IsShownAndCleared_OldestFirst()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["XDG_CACHE_HOME"] = folder.At(string.Empty) };
        var lists = Directory.CreateDirectory(folder.At("pluginlens/top-k")).FullName;
        foreach (var (name, age) in new[] { ("new", 1), ("old", 3), ("middle", 2) })
        {
            var path = Path.Combine(lists, name);
            File.WriteAllBytes(path, new byte[1_000_000]);
            File.SetLastAccessTimeUtc(path, DateTime.UtcNow.AddDays(-age));
        }

        Assert.That(Cli.RunIn(Cli.Root, ["cache"], environment).Output, Does.Match(@"vocabulary lists +3 +3.0 MB"));
        Assert.That(Cli.RunIn(Cli.Root, ["cache", "clear", "--limit", "2.5m"], environment).Output, Does.Contain("deleted 1 file, 1.0 MB; 2.0 MB left"));
        Assert.That(Directory.GetFiles(lists).Select(Path.GetFileName), Is.EquivalentTo(["new", "middle"]));
        Assert.That(Cli.RunIn(Cli.Root, ["cache", "clear", "--limit", "much"], environment), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").Contains("expected a size"));
        Assert.That(Cli.RunIn(Cli.Root, ["cache", "clear"], environment).ExitCode, Is.Zero);
        Assert.That(Directory.GetFiles(lists), Is.Empty);
    }
}
