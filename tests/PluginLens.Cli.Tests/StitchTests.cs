using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>A stitched model that was written is a model to every command.</summary>
public sealed class StitchTests
{
    private static readonly string[] Two = ["run", "--plugin", "stitch", "--model", "tiny-gpt2-wide", "--model", "tiny-gpt2-reviews", "--quiet"];
    private readonly Session _session = new();
    private string _folder = null!;

    private string Stitched => Path.Combine(_folder, "stitched");

    [OneTimeSetUp]
    public void Write()
    {
        _folder = Directory.CreateTempSubdirectory("pluginlens-").FullName;
        var result = Cli.Run([.. Two, "--blocks", "1", "--last", "3", "--write", Stitched]);
        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output + result.Errors, Does.Contain("wrote the stitched model with n = 1"));
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Inspect_ShowsWhatItIsMadeOf()
    {
        var result = Cli.Run("inspect", Stitched);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Match("traits .*stitched").And.Match("stitched +first 1 of tiny-gpt2-wide .*, last 3 of tiny-gpt2-reviews").And.Contain("donor.blocks.0.attn.W_Q").And.Contain("stitch.K"));
    }

    [Test]
    public void Models_ListsIt()
    {
        var result = Cli.Run("models", "--models", _folder);

        Assert.That(result.Output, Does.Match("stitched +gpt2 +3 +128"));
    }

    [Test]
    public void Verify_PassesOnIt()
    {
        var result = Cli.Run("verify", Stitched);

        Assert.That(result.ExitCode, Is.Zero, result.Errors + result.Output);
        Assert.That(result.Output, Does.Match("pass +seam: donor's state x K = hook_embed"));
    }

    [TestCase("ov-pairs", "--layer", "0", "--head", "0")]
    [TestCase("ffn-keys-values", "--layer", "-1")]
    [TestCase("hidden-projection", "--prompt", "a fine film")]
    [TestCase("rk-overlap", "--prompt", "a fine film , a funny film")]
    [TestCase("isotropy")]
    public void Analyses_RunOnIt(string plugin, params string[] options)
    {
        var printed = _session.Run(["run", "--plugin", plugin, "--model", Stitched, "--format", "json", .. options]);

        Assert.That(JObject.Parse(printed)["tables"]!.Children<JProperty>().First().Value, Is.Not.Empty);
    }

    [Test]
    public void Activations_ReachTheDonor()
    {
        var output = Path.Combine(_folder, "activations");
        var result = Cli.Run("run", "--plugin", "activations", "--model", Stitched, "--prompt", "a fine film", "--hooks", "donor.blocks.*.hook_resid_post", "--out", output, "--quiet");

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(File.ReadAllText(Path.Combine(output, "activations.safetensors")), Does.Contain("donor.blocks.0.hook_resid_post"));
    }

    [Test]
    public void Accuracy_OfTheFolderAlone_IsWhatTheSweepMeasured()
    {
        double Value(string column, string receiver)
        {
            var printed = _session.Run("run", "--plugin", "stitch", "--model", "tiny-gpt2-wide", "--model", receiver, "--blocks", "1", "--last", "3", "--prompts", "models/data/reviews-sample.csv", "--format", "json");
            return (double)JObject.Parse(printed)["tables"]!["stitch"]![0]![column]!;
        }

        Assert.That(Value("receiver", Stitched), Is.EqualTo(Value("accuracy", "tiny-gpt2-reviews")));
    }

    [Test]
    public void Subtract_ReadsTheThirdModel_AndSaysSo()
    {
        var (texts, written, run) = (Path.Combine(_folder, "texts.csv"), Path.Combine(_folder, "subtracted"), Path.Combine(_folder, "run"));
        File.WriteAllText(texts, "text,label\na fine and funny film .,1\na dull film .,0\n");

        var result = Cli.Run([.. Two, "--model", "tiny-gpt2", "--subtract", "--blocks", "1", "--prompts", texts, "--write", written, "--out", run]);

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var provenance = JObject.Parse(File.ReadAllText(Path.Combine(run, "run.json")));
        Assert.That(provenance["further_models"]!.Select(model => (string?)model["name"]), Is.EqualTo(new[] { "tiny-gpt2-reviews", "tiny-gpt2" }));
        Assert.That(Cli.Run("inspect", written).Output, Does.Match("stitched .*subtract \"tiny-gpt2\""));
    }

    [Test]
    public void Write_PromptsWithoutTheLabelsThatTheClassifierNeeds_WritesNothing()
    {
        var written = Path.Combine(_folder, "unlabelled");

        var result = Cli.Run([.. Two, "--blocks", "1", "--ids", "1,2,3", "--write", written]);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("expected the label"));
        Assert.That(Directory.Exists(written), Is.False);
    }

    [TestCase("--subtract", "third --model")]
    [TestCase("--write,x", "--blocks selects")]
    [TestCase("--model,tiny-gpt2", "--subtract only")]
    [TestCase("--model,tiny-gpt2,--model,tiny-gpt2", "left over")]
    public void Mistakes_AreOneLineAndExitCodeTwo(string more, string why)
    {
        var result = Cli.Run([.. Two, .. more.Split(',')]);

        Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
        Assert.That(result.Errors, Does.Contain(why).And.Match("^[^\n]*\n$"));
    }
}
