using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>Weights that are not those of the metadata: refused, or named in everything that comes of them.</summary>
public sealed class WeightsTests
{
    private TemporaryFolder _folder = null!;

    private string Model => _folder.At("tiny");

    [SetUp]
    public void Copy()
    {
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(Model);
        foreach (var file in Directory.GetFiles(Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2")))
        {
            File.Copy(file, Path.Combine(Model, Path.GetFileName(file)));
        }
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Run_WholeModel_RecordsTheHashOfItsWeights()
    {
        var model = Run("--out", _folder.At("run"));

        Assert.That((model.Hash?.Length, model.State, model.Warnings.Count), Is.EqualTo((64, "verified", 0)));
    }

    [Test]
    public void Run_WeightsOfAnotherModel_IsRefusedInOneLine()
    {
        Swap();

        var result = Start();

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("model.onnx.data").And.Contain("another model's").And.Contain("--unverified-weights").And.Match("^[^\n]*\n$"));
    }

    [Test]
    public void Run_UnverifiedWeights_SaysSoAndTakesNothingFromBefore()
    {
        var before = Run("--out", _folder.At("before"));
        Swap();
        var after = Run("--unverified-weights", "--out", _folder.At("after"));

        Assert.That(after.State, Is.EqualTo("not-verified"));
        Assert.That(after.Warnings, Has.Count.EqualTo(1).And.Some.Contains("weights not verified"));
        Assert.That(after.Hash, Is.Not.EqualTo(before.Hash));
        Assert.That(File.ReadAllText(_folder.At("after/ffn-keys-values.csv")), Is.Not.EqualTo(File.ReadAllText(_folder.At("before/ffn-keys-values.csv"))), "lists of before are of other weights");
        Assert.That(Start("--unverified-weights").Output, Does.Contain("weights not verified"));
    }

    /// <summary>The sizes and names of the two models are the same.</summary>
    private void Swap() => File.Copy(Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2-b", "model.onnx.data"), Path.Combine(Model, "model.onnx.data"), overwrite: true);

    private (string? Hash, string? State, List<string> Warnings) Run(params string[] options)
    {
        var result = Start(options);
        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        var run = JObject.Parse(File.ReadAllText(Path.Combine(options[^1], "run.json")));
        return ((string?)run["model"]!["weights_sha256"], (string?)run["model"]!["weights"], [.. run["warnings"]!.Select(warning => $"{warning}")]);
    }

    private CliResult Start(params string[] options) => Cli.RunIn(
        Cli.Root,
        ["run", "--plugin", "ffn-keys-values", "--layer", "0", "--model", Model, "--quiet", .. options],
        new Dictionary<string, string> { ["XDG_CACHE_HOME"] = _folder.At("cache") });
}
