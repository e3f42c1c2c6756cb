using PluginLens.Models.Tests.Folders;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Verification;

/// <summary>Weights stored in half precision are rounded once and widened exactly; what they compute is what the widened weights compute.</summary>
[TestFixture("gpt2", "float16")]
[TestFixture("gpt2", "bfloat16")]
[TestFixture("llama", "float16")]
[TestFixture("llama", "bfloat16")]
public sealed class HalfPrecisionTests(string name, string type)
{
    private static readonly OpenOptions Options = new() { Device = Device.Cpu, Weights = WeightsPolicy.Report };
    private OnnxModel _half = null!;
    private OnnxModel _full = null!;

    [OneTimeSetUp]
    public void Open() => (_half, _full) = (ModelFolder.Open(ExportedFixtures.Get(name, "--dtype", type), Options), ModelFolder.Open(ExportedFixtures.Get(name), Options));

    [OneTimeTearDown]
    public void Close()
    {
        _half.Dispose();
        _full.Dispose();
    }

    [Test]
    public void Weight_EveryElement_IsTheFloat32WeightRoundedToNearestEven()
    {
        foreach (var weight in _full.WeightNames)
        {
            Assert.That(_half.Weight(weight).Data.ToArray(), Is.EqualTo(Array.ConvertAll(_full.Weight(weight).Data.ToArray(), Rounded)), weight);
        }

        Assert.That(_half.WeightNames, Is.EquivalentTo(_full.WeightNames));
    }

    [Test]
    public void DataFile_IsHalfAsLarge()
    {
        var (half, full) = (Length(_half), Length(_full));

        // Each tensor starts at a multiple of 64 bytes.
        Assert.That(half, Is.InRange(full / 2, (full / 2) + (64 * _full.WeightNames.Count)));
    }

    [Test]
    public void Run_HalfPrecision_ComputesWhatTheWidenedWeightsCompute()
    {
        // The widened weights under the float32 graph: the same numbers in, the same operations, no cast.
        using var copy = new TemporaryFolder(_full.Folder);
        Widen(copy.Of("model.onnx.data"));
        using var widened = ModelFolder.Open(copy.Path, Options);
        var input = new ModelInput(Ids());
        string[] hooks = ["blocks.0.attn.hook_pattern", "blocks.1.hook_resid_post", "logits"];

        var (half, expected) = (_half.Run(input, hooks), widened.Run(input, hooks));

        foreach (var hook in hooks)
        {
            Assert.That(Largest(half[hook], expected[hook]), Is.LessThanOrEqualTo(1e-5), hook);
        }
    }

    [Test]
    public void Run_HalfPrecision_IsCloseToFloat32()
    {
        var input = new ModelInput(Ids());
        var (half, full) = (_half.Run(input, ["logits"])["logits"], _full.Run(input, ["logits"])["logits"]);
        var step = type == "float16" ? 1.0 / 2048 : 1.0 / 256;

        // Rounding of a relative step at each weight adds up to a few steps of the largest logit; it must be there, or nothing was rounded.
        var largest = full.Data.ToArray().Max(Math.Abs);
        Assert.That(Largest(half, full), Is.InRange(1e-7, 8 * step * largest));
    }

    private void Widen(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var numbers = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        foreach (ref var number in numbers)
        {
            number = Rounded(number);
        }

        File.WriteAllBytes(path, bytes);
    }

    private float Rounded(float value)
    {
        if (type == "float16")
        {
            return (float)(Half)value;
        }

        // bfloat16: the upper half of the bits, to nearest, ties to even.
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private int[] Ids() => [.. Enumerable.Range(0, 16).Select(at => (at * 37) % _full.Config.DVocab)];

    private static long Length(OnnxModel model) => new FileInfo(Path.Combine(model.Folder, "model.onnx.data")).Length;

    private static double Largest(Tensor x, Tensor y) => x.Data.ToArray().Zip(y.Data.ToArray()).Max(pair => pair.First == pair.Second ? 0 : Math.Abs((double)pair.First - pair.Second));
}
