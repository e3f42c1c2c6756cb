using Google.Protobuf;
using PluginLens.Models.Tests.Folders;
using PluginLens.Models.Verification;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Verification;

/// <summary>Every good model passes; every damage is found.</summary>
public sealed class ModelVerificationTests
{
    private static readonly string Models = Path.Combine(Repository.Root, "models", "onnx");

    private static IEnumerable<string> Embedded => Directory.GetDirectories(Models).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    [TestCaseSource(typeof(Repository), nameof(Repository.CheckpointNames))]
    public void Run_EveryArchitecture_Passes(string name) => AssertPasses(ExportedFixtures.Get(name));

    [TestCaseSource(nameof(Embedded))]
    public void Run_EmbeddedModel_Passes(string name) => AssertPasses(Path.Combine(Models, name));

    [TestCase("gpt2", 5, "--transformer-lens-defaults")]
    [TestCase("gpt2", 6, "--transformer-lens-defaults", "--refactor-attn")]
    [TestCase("gpt_neox", 5, "--transformer-lens-defaults")]
    [TestCase("opt", 5, "--transformer-lens-defaults", "--dtype", "float16")]
    [TestCase("llama", 3, "--transformer-lens-defaults")]
    [TestCase("bert", 1, "--center-writing-weights")]
    public void Run_ProcessedModel_HoldsWhatTheStepsPromise(string name, int claims, params string[] flags)
    {
        var report = AssertPasses(ExportedFixtures.Get(name, flags));

        Assert.That(report.Checks.Count(check => check.Name.Contains(": ", StringComparison.Ordinal) && !check.Name.StartsWith("tied", StringComparison.Ordinal)), Is.EqualTo(claims));
    }

    [TestCase("float16")]
    [TestCase("bfloat16")]
    public void Run_HalfPrecision_Passes(string type) => AssertPasses(ExportedFixtures.Get("gemma2", "--dtype", type));

    [Test]
    public void Run_OneFlippedBitOfTheWeights_IsCaught([Values(0, 777, 31_337, 65_537, 90_001)] int where)
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        var bytes = File.ReadAllBytes(copy.Of("model.onnx.data"));
        bytes[where % bytes.Length] ^= 1;
        File.WriteAllBytes(copy.Of("model.onnx.data"), bytes);

        var report = Verify(copy.Path);

        Assert.That(report.Passed, Is.False);
        Assert.That(report.Checks.Single(check => check.Name == "hash of the weights").Passed, Is.False);
    }

    [Test]
    public void Run_NaN_NamesTheWeight()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        using (var file = File.OpenWrite(copy.Of("model.onnx.data")))
        {
            file.Write(BitConverter.GetBytes(float.NaN));
        }

        Assert.That(Verify(copy.Path).Checks.Single(check => check.Name == "finite weights").Detail, Does.Contain("embed.W_E[0, 0] is NaN"));
    }

    [Test]
    public void Open_TokenizersSwapped_IsRefused()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        File.Copy(Path.Combine(ExportedFixtures.Get("gpt_neo"), "vocab.json"), copy.Of("vocab.json"), overwrite: true);
        File.Copy(Path.Combine(ExportedFixtures.Get("gpt_neo"), "merges.txt"), copy.Of("merges.txt"), overwrite: true);
        File.AppendAllText(copy.Of("merges.txt"), "\n");

        Assert.That(() => Verify(copy.Path), Throws.TypeOf<ModelException>().With.Message.Contain("not the tokenizer file"));
    }

    [Test]
    public void Run_WeightsThatAreNotWhatTheyClaim_FailTheClaims()
    {
        using var shifted = new TemporaryFolder(ExportedFixtures.Get("gpt2", "--fold-ln", "--center-writing-weights"));
        Shift(shifted.Of("model.onnx.data"));

        var failed = Verify(shifted.Path).Checks.Where(check => !check.Passed).Select(check => check.Name).ToList();

        Assert.That(failed, Does.Contain("fold_ln: readers have no mean").And.Contain("center_writing_weights: writers have no mean"));
    }

    [TestCase("fold_ln: readers have no mean", "gpt2", "blocks.1.mlp.W_in", "--fold-ln", "--center-writing-weights")]
    [TestCase("fold_ln: readers have no mean", "gpt2", "blocks.0.attn.W_V", "--fold-ln", "--center-writing-weights")]
    [TestCase("center_writing_weights: writers have no mean", "gpt2", "pos_embed.W_pos", "--fold-ln", "--center-writing-weights")]
    [TestCase("center_writing_weights: writers have no mean", "gpt2", "blocks.1.mlp.b_out", "--fold-ln", "--center-writing-weights")]
    [TestCase("center_writing_weights: writers have no mean", "bert", "token_type_embed.W_token_type", "--center-writing-weights")]
    [TestCase("center_unembed: no mean over the vocabulary", "gpt2", "unembed.b_U", "--transformer-lens-defaults", "--refactor-attn")]
    [TestCase("fold_value_biases: b_V = 0", "gpt2", "blocks.1.attn.b_V", "--transformer-lens-defaults", "--refactor-attn")]
    [TestCase("refactor_attn: W_O has orthonormal rows", "gpt2", "blocks.0.attn.W_O", "--transformer-lens-defaults", "--refactor-attn")]
    public void Run_OneWeightThatIsNotWhatItClaims_FailsThatClaim(string claim, string name, string weight, params string[] flags)
    {
        using var damaged = new TemporaryFolder(ExportedFixtures.Get(name, flags));
        using (var model = ModelFolder.Open(ExportedFixtures.Get(name, flags), new OpenOptions { Device = Device.Cpu }))
        {
            // A row that grows stays orthogonal to the others; everything else is shifted.
            var values = model.Weight(weight).Data.ToArray();
            damaged.Overwrite(weight, claim.StartsWith("refactor", StringComparison.Ordinal)
                ? [.. values.Select((value, at) => at < model.Config.DModel ? 1.01f * value : value)]
                : [.. values.Select(value => value + 0.01f)]);
        }

        Assert.That(Verify(damaged.Path).Checks.Single(check => check.Name == claim).Passed, Is.False);
    }

    /// <summary>A norm that only lost its gain: its bias has nowhere to go but the next weight.</summary>
    [Test]
    public void Run_FoldedNormThatKeepsItsBias_FailsTheClaim([Values] bool withBias)
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        using (var model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), new OpenOptions { Device = Device.Cpu }))
        {
            foreach (var norm in model.WeightNames.Where(name => name.Contains("ln", StringComparison.Ordinal)))
            {
                var keeps = withBias && norm == "blocks.1.ln1.b";
                copy.Overwrite(norm, [.. model.Weight(norm).Data.ToArray().Select(value => norm.EndsWith(".w", StringComparison.Ordinal) ? 1f : keeps ? value : 0)]);
            }
        }

        var proto = PluginLens.Models.Format.Proto.ModelProto.Parser.ParseFrom(File.ReadAllBytes(copy.Of("model.onnx")));
        proto.MetadataProps.Remove(proto.MetadataProps.Single(entry => entry.Key == "seal"));
        proto.MetadataProps.Single(entry => entry.Key == "norm").Value = "LNPre";
        proto.MetadataProps.Single(entry => entry.Key == "processing").Value = "[\"fold_ln\"]";
        File.WriteAllBytes(copy.Of("model.onnx"), proto.ToByteArray());

        var claim = Verify(copy.Path).Checks.Single(check => check.Name == "fold_ln: norms without gain and bias");

        Assert.That(claim.Passed, Is.EqualTo(!withBias), claim.Detail);
    }

    /// <summary>Adds 0.01 to every stored number.</summary>
    private static void Shift(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var numbers = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        foreach (ref var number in numbers)
        {
            number += 0.01f;
        }

        File.WriteAllBytes(path, bytes);
    }

    private static VerificationReport AssertPasses(string folder)
    {
        var report = Verify(folder);

        Assert.That(report.Checks.Where(check => !check.Passed), Is.Empty);
        Assert.That(report.NoiseOfBatch, Is.LessThan(1e-5));
        Assert.That(report.NoiseOfProduct, Is.LessThan(1e-6));
        Assert.That(report.Checks, Has.Count.GreaterThanOrEqualTo(9));
        return report;
    }

    private static VerificationReport Verify(string folder)
    {
        using var model = ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Ignore });
        return ModelVerification.Run(model);
    }
}
