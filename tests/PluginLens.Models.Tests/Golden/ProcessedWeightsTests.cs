using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Golden;

/// <summary>Weights after processing against those that an independent implementation made, wherever it made some.</summary>
public sealed class ProcessedWeightsTests
{
    private static readonly Dictionary<string, string[]> Flags = new()
    {
        ["fold_ln"] = ["--fold-ln"],
        ["fold_ln+center_writing_weights"] = ["--fold-ln", "--center-writing-weights"],
        ["transformer_lens_defaults"] = ["--transformer-lens-defaults"],
    };

    /// <summary>For other architectures the steps are not valid; the exporter's tests check that they are refused.</summary>
    private static IEnumerable<TestCaseData> References =>
        from name in Repository.CheckpointNames
        from variant in Flags.Keys
        where File.Exists(Path(name, variant))
        select new TestCaseData(name, variant);

    [Test]
    public void References_AreThere() => Assert.That(References.Count(), Is.EqualTo(27));

    [TestCaseSource(nameof(References))]
    public void ProcessedWeights_EqualTheReference(string name, string variant)
    {
        var reference = new SafetensorsFile(Path(name, variant));
        using var processed = ModelFolder.Open(ExportedFixtures.Get(name, Flags[variant]), new OpenOptions { Device = Device.Cpu });

        Assert.That(reference.Names.Except(processed.WeightNames).Where(weight => !IsIdentityNorm(reference, weight)), Is.Empty);
        foreach (var weight in processed.WeightNames.Where(reference.Has))
        {
            GoldenModelTests.AssertClose(processed.Weight(weight), reference.Floats(weight), null, tolerance: 1e-5f);
        }
    }

    private static string Path(string name, string variant) => System.IO.Path.Combine(Repository.Checkpoints, name, "reference", $"weights.{variant}.safetensors");

    private static bool IsIdentityNorm(SafetensorsFile reference, string weight)
    {
        var identity = weight.EndsWith(".w", StringComparison.Ordinal) ? 1f : 0f;
        return weight.Contains("ln", StringComparison.Ordinal) && reference.Floats(weight).Data.ToArray().All(value => value == identity);
    }
}
