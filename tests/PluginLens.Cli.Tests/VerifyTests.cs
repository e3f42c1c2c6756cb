using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>What <c>pluginlens verify</c> prints and returns.</summary>
public sealed class VerifyTests
{
    [Test]
    public void Verify_GoodModel_PassesWithItsNoiseFloor()
    {
        var result = Cli.Run("verify", "tiny-gpt2", "--format", "json");

        Assert.That(result.ExitCode, Is.Zero, result.Errors + result.Output);
        var report = JObject.Parse(result.Output);
        Assert.That((bool)report["passed"]!, Is.True);
        Assert.That(report["checks"]!.Select(check => check["name"]!.ToString()), Does.Contain("lens at the last layer = logits").And.Contain("hash of the weights"));
        Assert.That((double)report["noise_floor"]!["product"]!, Is.InRange(0, 1e-6));
    }

    [Test]
    public void Verify_Table_ShowsMeasuredBesideTolerance()
    {
        var result = Cli.Run("verify", "all-minilm-l6-v2");

        Assert.That(result.ExitCode, Is.Zero, result.Errors + result.Output);
        Assert.That(result.Output, Does.Match("pass +pattern rows sum to 1 +[0-9.e+-]+ +1.0e-5").And.Contain("noise floor: "));
        Assert.That(result.Output, Does.Match("all-minilm-l6-v2: ([0-9]+) of \\1 checks passed"));
    }

    [Test]
    public void Verify_ChangedWeight_ReturnsOne()
    {
        var copy = Copy("tiny-gpt2");
        using (var data = File.Open(Path.Combine(copy, "model.onnx.data"), FileMode.Open))
        {
            data.Position = 1_000_000;
            var value = data.ReadByte();
            data.Position = 1_000_000;
            data.WriteByte((byte)(value ^ 1));
        }

        var result = Cli.Run("verify", copy);

        Assert.That(result.ExitCode, Is.EqualTo(1), result.Errors);
        Assert.That(result.Output, Does.Match("FAIL +hash of the weights"));
    }

    [Test]
    public void Verify_OtherTokenizer_ReturnsOne()
    {
        var copy = Copy("tiny-gpt2");
        File.AppendAllText(Path.Combine(copy, "merges.txt"), "x y\n");

        var result = Cli.Run("verify", copy);

        Assert.That(result.ExitCode, Is.EqualTo(1), result.Errors);
        Assert.That(result.Output, Does.Match("FAIL +tokenizer files .*merges.txt"));
    }

    private static string Copy(string model)
    {
        var folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, TestContext.CurrentContext.Test.Name)).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Cli.Root, "models", "onnx", model)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        return folder;
    }
}
