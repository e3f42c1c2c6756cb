using PluginLens.Models.Format;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Verification;

/// <summary>The real encoder in the repository against activations computed in float64 from the same half-precision weights.</summary>
public sealed class MiniLmTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "models", "onnx", "all-minilm-l6-v2");

    [Test]
    public void Run_TwoPaddedSentences_EqualsTheReference()
    {
        var reference = new SafetensorsFile(Path.Combine(Repository.Root, "tests", "Golden", "all-minilm-l6-v2", "activations.safetensors"));
        var hooks = reference.Names.Where(name => name is not "input_ids" and not "attention_mask").ToList();
        var mask = reference.Rows("attention_mask");
        using var model = ModelFolder.Open(Folder, new OpenOptions { Device = Device.Cpu });

        var run = model.Run(new ModelInput(reference.Rows("input_ids"), mask), hooks);

        Assert.That(mask.SelectMany(row => row), Does.Contain(0), "one of the sentences is padded");
        foreach (var hook in hooks)
        {
            Assert.That(LargestDifference(run[hook], reference.Floats(hook), mask), Is.LessThanOrEqualTo(1e-4), hook);
        }
    }

    [Test]
    public void Open_RealEncoder_HasNoUnembeddingAndHalfPrecision()
    {
        using var model = ModelFolder.Open(Folder, new OpenOptions { Device = Device.Cpu });

        Assert.That(model.Config.Traits, Does.Contain(Trait.NoUnembed).And.Contain(Trait.PostNorm).And.Contain(Trait.Bidirectional));
        Assert.That(model.Config.Metadata["dtype"], Is.EqualTo("float16"));
        Assert.That(model.WE.Rows, Is.EqualTo(30522));
        Assert.That(model.Tokenizer!.Encode("unbelievable embeddings", addSpecial: true), Is.EqualTo(new[] { 101, 23653, 7861, 8270, 4667, 2015, 102 }));
    }

    /// <summary>Over rows whose attention mask is 1; the query's row in patterns, the position's row elsewhere.</summary>
    private static double LargestDifference(Tensor found, Tensor expected, int[][] mask)
    {
        Assert.That(found.Shape, Is.EqualTo(expected.Shape));
        var length = mask[0].Length;
        var byHead = expected.Shape is [_, _, var query, var key] && query == length && key == length;
        var rowAxis = byHead ? 2 : 1;
        var rowSize = expected.Shape.Skip(rowAxis + 1).Aggregate(1, (product, extent) => product * extent);
        var batchSize = expected.Data.Length / mask.Length;
        var largest = 0.0;
        for (var at = 0; at < expected.Data.Length; at++)
        {
            var (x, y) = (found.Span[at], expected.Span[at]);
            if (mask[at / batchSize][at / rowSize % length] == 1 && x != y)
            {
                largest = Math.Max(largest, double.IsNaN(x - y) ? double.PositiveInfinity : Math.Abs(x - y));
            }
        }

        return largest;
    }
}
