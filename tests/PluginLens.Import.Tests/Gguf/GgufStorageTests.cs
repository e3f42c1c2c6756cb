using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using PluginLens.Models;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Tests.Gguf;

/// <summary>A folder that stores weights as the file does computes what the same file in float32 computes, here and in any ONNX Runtime.</summary>
public sealed class GgufStorageTests
{
    private const float Rounding = 1e-5f;
    private DirectoryInfo _parent = null!;

    private static IEnumerable<string> Quantised => GoldenGguf.Models.Where(name => !name.EndsWith("f16", StringComparison.Ordinal));

    [SetUp]
    public void Create() => _parent = Directory.CreateTempSubdirectory("pluginlens-stored-");

    [TearDown]
    public void Delete() => _parent.Delete(recursive: true);

    [TestCaseSource(nameof(Quantised))]
    public void Stored_HasTheWeightsOfFloat32(string name)
    {
        using var stored = Open(name, WeightStorage.Stored);
        using var wide = Open(name, WeightStorage.Float32);

        Assert.That(stored.WeightNames, Is.EquivalentTo(wide.WeightNames));
        foreach (var weight in wide.WeightNames)
        {
            Assert.That(GoldenGguf.Hash(stored.Weight(weight).Span), Is.EqualTo(GoldenGguf.Hash(wide.Weight(weight).Span)), weight);
        }

        Assert.That(Largest(Logits(stored), Logits(wide)), Is.LessThan(Rounding));
        Assert.That(new FileInfo(Path.Combine(stored.Folder, "model.onnx.data")).Length, Is.LessThan(0.55 * new FileInfo(Path.Combine(wide.Folder, "model.onnx.data")).Length));
    }

    [TestCaseSource(nameof(Quantised))]
    public void Stored_GivesTheSameLogitsInABareSession(string name)
    {
        using var model = Open(name, WeightStorage.Stored);
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using var session = new InferenceSession(Path.Combine(model.Folder, "model.onnx"), options);
        using var ids = OrtValue.CreateTensorValueFromMemory<long>([1, 2, 3, 4, 5], [1, 5]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["input_ids"], [ids], ["logits"]);

        Assert.That(Largest(outputs[0].GetTensorDataAsSpan<float>(), Logits(model)), Is.LessThan(Rounding));
    }

    [TestCase("gpt2-Q4_1", "embed.W_E")]
    [TestCase("gpt2-Q4_1", "unembed.W_U")]
    [TestCase("gpt2-Q4_1", "blocks.1.mlp.W_in")]
    [TestCase("gemma2-Q4_0", "embed.W_E")]
    [TestCase("llama-256-Q4_K_M", "blocks.0.attn.W_Q")]
    public void Stored_WeightIsReplacedAsInFloat32(string name, string weight)
    {
        using var stored = Open(name, WeightStorage.Stored);
        using var wide = Open(name, WeightStorage.Float32);
        var original = wide.Weight(weight);
        var other = new Tensor(weight, original.Span.ToArray().Select((value, i) => (i % 3) - value).ToArray(), [.. original.Shape]);
        var replacements = new Dictionary<string, Tensor> { [weight] = other };

        using var storedView = stored.WithWeights(replacements);
        using var wideView = wide.WithWeights(replacements);

        Assert.That(Largest(Logits(storedView), Logits(wideView)), Is.LessThan(1e-4f * Logits(wideView).ToArray().Max(Math.Abs)));
        Assert.That(Largest(Logits(wideView), Logits(wide)), Is.GreaterThan(0.01f));
        Assert.That(Largest(Logits(stored), Logits(wide)), Is.LessThan(Rounding));
    }

    [Test]
    public void TiedReadOut_IsStoredOnceAndReadAsAView()
    {
        using var model = Open("gpt2-Q4_1", WeightStorage.Float32);
        var matrix = model.WU;

        Assert.That(model.Config.Tied, Is.True);
        Assert.That(Proto(model).Graph.Initializer.Select(tensor => tensor.Name), Does.Contain("embed.W_E").And.Not.Contain("unembed.W_U"));
        var row = new float[matrix.Columns];
        matrix.CopyRow(3, row);
        Assert.That(row, Is.EqualTo(model.Weight("unembed.W_U").Span.Slice(3 * matrix.Columns, matrix.Columns).ToArray()));
        Assert.That(row[5], Is.EqualTo(model.WE.Row(5)[3]));
    }

    [TestCase(WeightStorage.Float16, 11)]
    [TestCase(WeightStorage.BFloat16, 8)]
    public void HalfPrecision_RoundsMatrices(WeightStorage storage, int bits)
    {
        using var half = Open("phi3-Q5_1", storage);
        using var wide = Open("phi3-Q5_1", WeightStorage.Float32);
        var rounded = half.Weight("blocks.0.mlp.W_in").Span;
        var exact = wide.Weight("blocks.0.mlp.W_in").Span;

        for (var i = 0; i < exact.Length; i++)
        {
            Assert.That(Math.Abs(rounded[i] - exact[i]), Is.LessThanOrEqualTo(Math.Max(Math.Abs(exact[i]) * MathF.Pow(2, -bits), 3e-8f)));
        }

        Assert.That(half.StorageOf("blocks.0.mlp.W_in"), Is.EqualTo((bits == 11 ? "F16" : "BF16", 16.0)));
    }

    [TestCase("Mul", "Div")]
    [TestCase("Cast", "Floor")]
    [TestCase("Reshape", "Expand")]
    public void GraphThatComputesAWeightInAnotherWay_IsRefused(string op, string other)
    {
        using var model = Open("llama-Q4_0", WeightStorage.Stored);
        var proto = Proto(model);
        proto.Graph.Node.First(node => node.OpType == op && node.Output[0].Contains("blocks.1.mlp.W_in", StringComparison.Ordinal)).OpType = other;

        Assert.That(() => Reopened(model, proto), Throws.TypeOf<ModelException>().With.Message.Contains("'blocks.1.mlp.W_in' has a node").And.Message.Contains("in another way than is known"));
    }

    [Test]
    public void PartThatSomethingElseReads_IsRefused()
    {
        using var model = Open("llama-Q4_0", WeightStorage.Stored);
        var proto = Proto(model);
        var scale = proto.Graph.Node.First(node => node.OpType == "Cast" && node.Input[0] == "blocks.1.mlp.W_in.scale").Clone();
        scale.Name = scale.Output[0] = "_another";
        proto.Graph.Node.Add(scale);

        Assert.That(() => Reopened(model, proto), Throws.TypeOf<ModelException>().With.Message.Contains("a node '_another'"));
    }

    [Test]
    public void Stitched_OfStoredFolders_IsWhatFloat32OnesGive([Values("llama-Q4_0", "gpt2-Q4_1")] string name)
    {
        using var stored = Open(name, WeightStorage.Stored);
        using var wide = Open(name, WeightStorage.Float32);
        using var half = Open(name, WeightStorage.Float16);
        var logits = new[] { stored, wide, half }.Select(model =>
        {
            var (width, folder) = (model.Config.DModel, $"{model.Folder}-stitched");
            var map = new float[width * width];
            for (var at = 0; at < width; at++)
            {
                map[(at * width) + at] = 0.5f;
            }

            model.WriteStitched(folder, new Seam { Donor = model, Blocks = 1, Map = new Matrix(map, width, width), Last = 1 });
            using var stitched = ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu });
            Assert.That(Proto(stitched).Graph.Initializer.Any(tensor => tensor.Name == "unembed.W_U"), Is.EqualTo(!model.Config.Tied), "a tied matrix is stored once");
            return Logits(stitched).ToArray();
        }).ToList();

        Assert.That(Largest(logits[0], logits[1]), Is.LessThan(Rounding));
        Assert.That(Largest(logits[2], logits[1]), Is.LessThan(0.02).And.GreaterThan(0));
        Assert.That(Largest(logits[0], Logits(wide)), Is.GreaterThan(Rounding), "the seam is there");
    }

    private static ModelProto Proto(OnnxModel model) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(model.Folder, "model.onnx")));

    private void Reopened(OnnxModel model, ModelProto proto)
    {
        var folder = _parent.CreateSubdirectory("changed").FullName;
        foreach (var file in Directory.GetFiles(model.Folder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        proto.MetadataProps.Remove(proto.MetadataProps.First(entry => entry.Key == "seal"));
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), proto.ToByteArray());
        ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu }).Dispose();
    }

    private OnnxModel Open(string name, WeightStorage storage)
    {
        var folder = Path.Combine(_parent.FullName, $"{name}-{storage}");
        Importer.Import(GoldenGguf.Model(name), folder, storage: storage);
        return ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu });
    }

    private static ReadOnlySpan<float> Logits(Model model) => model.Run(new ModelInput([[1, 2, 3, 4, 5]], null), ["logits"])["logits"].Span;

    private static float Largest(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var largest = 0f;
        for (var i = 0; i < x.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(x[i] - y[i]));
        }

        return largest;
    }
}
