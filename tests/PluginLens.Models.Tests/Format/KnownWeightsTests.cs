using Google.Protobuf;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Tests.Folders;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Format;

/// <summary>The one table of weights: the host holds every folder to it, experts included, and the fake model has its shapes.</summary>
public sealed class KnownWeightsTests
{
    private static readonly OpenOptions Options = new() { Device = Device.Cpu };

    public static IEnumerable<string> Names => FolderTableTests.Names;

    [TestCaseSource(nameof(Names))]
    public void EveryWeight_IsKnownInTheOrderOfTheTable(string name)
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get(name), Options);
        var lines = KnownWeights.All.Select(weight => weight.Name).ToList();
        var last = (Layer: -1, Line: -1);
        foreach (var initializer in model.Proto.Graph.Initializer.Select(tensor => tensor.Name).Where(tensor => !BlockNames.IsConstant(tensor)))
        {
            var known = KnownWeights.Of(initializer);
            Assert.That(known?.Fits(model.Config, [.. model.ShapeOf(initializer)]), Is.True, initializer);
            var at = (Layer: initializer.StartsWith("blocks.", StringComparison.Ordinal) ? int.Parse(initializer.Split('.')[1]) : last.Layer, Line: lines.IndexOf(known!.Name));
            Assert.That(at.Layer > last.Layer || at.Line > last.Line || known.Name.Contains("{e}", StringComparison.Ordinal), Is.True, initializer);
            last = at;
        }

        Assert.That(KnownWeights.Needed(model.Config), Is.SubsetOf(model.WeightNames).And.Contains("blocks.1.attn.W_O"));
    }

    [TestCase("blocks.1.mlp.experts.3.W_in", "should be [32, 40]", "found [40, 32]")]
    [TestCase("blocks.0.mlp.experts.0.W_out", "should be [40, 32]", "found [32, 40]")]
    [TestCase("blocks.0.mlp.W_router", "should be [32, 4]", "found [4, 32]")]
    public void Open_MisshapenExpert_IsRefused(string weight, string expected, string found) => Refuses(
        model =>
        {
            var dims = model.Graph.Initializer.First(tensor => tensor.Name == weight).Dims;
            (dims[0], dims[1]) = (dims[1], dims[0]);
        },
        weight,
        expected,
        found);

    [TestCase("blocks.1.mlp.experts.2.W_gate", "blocks.1.mlp.experts.1.W_gate")]
    [TestCase("blocks.0.mlp.W_router", "blocks.1.mlp.W_router")]
    public void Open_MissingExpert_IsRefused(string weight, string instead) => Refuses(model => ReadInstead(model, weight, instead), $"no weight '{weight}'");

    [Test]
    public void Open_ExpertsThatTheMetadataDoNotCount_AreRefused() =>
        Refuses(model => model.MetadataProps.Remove(model.MetadataProps.First(entry => entry.Key == "n_experts")), "blocks.0.mlp.W_router", "n_experts");

    [TestCase(new[] { 12 }, true)]
    [TestCase(new[] { 24 }, true)]
    [TestCase(new[] { 48 }, false)]
    [TestCase(new[] { 12, 1 }, false)]
    public void Fits_NormOfKeys_OfOneHeadOrOfAll(int[] shape, bool expected)
    {
        var config = new ModelConfig { DModel = 32, NHeads = 4, NKeyValueHeads = 2, DHead = 12, NLayers = 8, DVocab = 10, NCtx = 9 };
        Assert.That(KnownWeights.Of("blocks.7.attn.k_norm.w")!.Fits(config, shape), Is.EqualTo(expected));
    }

    [Test]
    public void FakeModel_HasTheShapesOfTheTable()
    {
        var config = new ModelConfig { DModel = 6, NHeads = 4, NKeyValueHeads = 2, DHead = 3, DMlp = 5, NLayers = 2, DVocab = 11, NCtx = 7 };
        var model = FakeModel.Gpt2Like(config);
        Assert.That(model.WeightNames, Is.SupersetOf(KnownWeights.Needed(config)));
        foreach (var name in model.WeightNames)
        {
            Assert.That(KnownWeights.Of(name)!.Fits(config, [.. model.Weight(name).Shape]), Is.True, name);
        }
    }

    private static void ReadInstead(ModelProto model, string weight, string other)
    {
        model.Graph.Initializer.Remove(model.Graph.Initializer.First(tensor => tensor.Name == weight));
        foreach (var node in model.Graph.Node)
        {
            for (var at = 0; at < node.Input.Count; at++)
            {
                node.Input[at] = node.Input[at] == weight ? other : node.Input[at];
            }
        }
    }

    private static void Refuses(Action<ModelProto> change, params string[] words)
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("mixtral"));
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(copy.Of("model.onnx")));
        model.MetadataProps.Remove(model.MetadataProps.First(entry => entry.Key == "seal"));
        change(model);
        File.WriteAllBytes(copy.Of("model.onnx"), model.ToByteArray());
        var error = Assert.Throws<ModelException>(() => ModelFolder.Open(copy.Path, Options).Dispose())!;
        foreach (var word in words)
        {
            Assert.That(error.Message, Does.Contain(word));
        }
    }
}
