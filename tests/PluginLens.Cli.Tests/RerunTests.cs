using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary><c>pluginlens rerun</c>: run.json alone does a run again.</summary>
public sealed class RerunTests
{
    private static JObject Recorded(string folder) => JObject.Parse(File.ReadAllText(Path.Combine(folder, "run.json")));

    [Test]
    public void Rerun_OfTwoModelsWithPromptsFromAFileThatIsGone_FindsTheSame()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("texts.csv"), "text,label\nthe old man,a\n\"a fine, long film\",b\n");
        var run = Cli.Run("run", "--plugin", "hidden-projection", "--model", "tiny-gpt2", "--model", "tiny-gpt2-wide", "--k", "4", "--prompt=the cat", "--prompts", folder.At("texts.csv"), "--ids", "5,6", "--out", folder.At("run"));
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        File.Delete(folder.At("texts.csv"));

        var again = Cli.Run("rerun", folder.At("run"));

        Assert.That((again.ExitCode, again.Output), Is.EqualTo((0, "hidden-projection: the same was found\n")), again.Errors);
        Assert.That(
            Recorded(folder.At("run"))["inputs"]!.ToString(Newtonsoft.Json.Formatting.None),
            Is.EqualTo("""[{"text":"the cat"},{"text":"the old man","label":"a"},{"text":"a fine, long film","label":"b"},{"ids":[5,6]}]"""));
    }

    [Test]
    public void Rerun_OnAnotherModelOfThatName_SaysWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["run", "--plugin", "ov-pairs", "--layer", "0", "--head", "0", "--k", "5", "--model", "tiny-gpt2", "--out", folder.At("run")];
        Assert.That(Cli.Run(arguments).ExitCode, Is.Zero);
        Directory.CreateDirectory(folder.At("models"));
        Copy(Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2-wide"), folder.At("models/tiny-gpt2"));

        var again = Cli.Run("rerun", folder.At("run"), "--models", folder.At("models"), "--out", folder.At("new"));

        Assert.That(again.ExitCode, Is.EqualTo(1), again.Errors);
        Assert.That(again.Output, Does.Match("run as: model.sha256: .* -> ").And.Match("found: ov-pairs.csv: 5 of 5 rows differ; first in row 1: input .* -> .*; numbers by up to .*").And.EndWith("ov-pairs: something else was found\n"));
        Assert.That(Recorded(folder.At("new"))["command_line"]!.Values<string>(), Is.EqualTo(arguments));
    }

    [Test]
    public void RunJson_HoldsNoPathsButThoseTyped()
    {
        using var folder = new TemporaryFolder();
        var run = Cli.RunIn(folder.At("."), ["run", "--plugin", "ov-pairs", "--layer", "0", "--head", "0", "--out", "out"], new Dictionary<string, string>());

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(File.ReadAllText(folder.At("out/run.json")), Does.Not.Contain(Cli.Root).And.Not.Contain(folder.At(".")));
        Assert.That(Recorded(folder.At("out"))["plugin_sha256"]!.Value<string>(), Has.Length.EqualTo(64));
    }

    [Test]
    public void Private_KeepsThePromptsOut_AndRerunAsksForThem()
    {
        using var folder = new TemporaryFolder();
        var run = Cli.Run("run", "--plugin", "hidden-projection", "--model", "tiny-gpt2", "--prompt", "secret words", "--prompt=secret two", "--private", "--out", folder.At("run"));
        Assert.That(run.ExitCode, Is.Zero, run.Errors);

        Assert.That(File.ReadAllText(folder.At("run/run.json")), Does.Not.Contain("secret").And.Contain("\"prompts_sha256\": \""));
        Assert.That(Cli.Run("rerun", folder.At("run")).Errors, Does.Contain("2 prompts of this run are private"));
        Assert.That(Cli.Run("rerun", folder.At("run"), "--prompt", "secret words", "--prompt", "secret two").ExitCode, Is.Zero);
        var other = Cli.Run("rerun", folder.At("run"), "--prompt", "other words", "--prompt", "secret two", "--format", "json");
        Assert.That(JObject.Parse(other.Output)["differences"]!.Select(difference => (string?)difference["what"]), Does.Contain("prompts_sha256"));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
