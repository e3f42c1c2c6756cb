using Google.Protobuf;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Sessions;
using PluginLens.Models.Sessions.Rewriting;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Sessions.Rewriting;

/// <summary>A rewritten slice computes the same with other operators, and only where it is what it seems.</summary>
public sealed class SliceRewritingTests
{
    private const string Data = "weights.data";
    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void WriteData()
    {
        _folder = Directory.CreateTempSubdirectory("pluginlens-rewriting-");
        File.WriteAllBytes(Path.Combine(_folder.FullName, Data), new byte[64]);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase(true, "FastGelu")]
    [TestCase(false, "Gelu")]
    public void Gelu_OfElementaryOperators_BecomesOne(bool tanh, string expected)
    {
        var graph = (tanh ? ByTanh() : Exact()).Output("y");

        Assert.That(Kinds(graph), Is.EqualTo([expected]));
        AssertSame(graph, [("x", [2, 3])]);
    }

    [TestCase(true, "tanh")]
    [TestCase(false, "erf")]
    public void Gelu_AndAValueInside_BothAreThere(bool tanh, string inside)
    {
        var graph = (tanh ? ByTanh() : Exact()).Output("y", inside);

        Assert.That(Kinds(graph), Does.Contain(tanh ? "FastGelu" : "Gelu").And.Contain(tanh ? "Tanh" : "Erf"));
        AssertSame(graph, [("x", [2, 3])]);
    }

    [TestCase(true, "half", 0.51)]
    [TestCase(true, "one", 2)]
    [TestCase(true, "a", 0.8)]
    [TestCase(true, "b", 0.0357)]
    [TestCase(false, "half", 0.49)]
    [TestCase(false, "one", -1)]
    [TestCase(false, "root", 0.7072)]
    public void Gelu_OtherNumbers_StaysAsItIs(bool tanh, string constant, double value)
    {
        var graph = (tanh ? ByTanh() : Exact()).Output("y");
        graph.Model.Graph.Initializer.Single(tensor => tensor.Name == constant).FloatData[0] = (float)value;

        Assert.That(Kinds(graph), Does.Contain(tanh ? "Tanh" : "Erf").And.None.EndsWith("Gelu"));
        AssertSame(graph, [("x", [2, 3])]);
    }

    [TestCase(true, "square", 0)]
    [TestCase(true, "argument", 0)]
    [TestCase(true, "halved", 0)]
    [TestCase(false, "scaled", 0)]
    [TestCase(false, "product", 0)]
    public void Gelu_OneReadsSomethingElse_StaysAsItIs(bool tanh, string node, int input)
    {
        var graph = (tanh ? ByTanh() : Exact()).Input("other", [2, 3]).Output("y");
        graph.Model.Graph.Node.Single(entry => entry.Name == node).Input[input] = "other";

        Assert.That(Kinds(graph), Does.Contain(tanh ? "Tanh" : "Erf").And.None.EndsWith("Gelu"));
        AssertSame(graph, [("x", [2, 3]), ("other", [2, 3])]);
    }

    [Test]
    public void Heads_OfSeveralTexts_AreProductsOfAllPositions([Values(1, 3)] int batch, [Values(1, 4)] int length)
    {
        var graph = Heads(1, 0, 2, 1, 3).Output("y");

        Assert.That(Kinds(graph), Is.EqualTo(new[] { "Concat", "MatMul", "Reshape", "Reshape", "Shape", "Shape", "Transpose" }));
        AssertSame(graph, [("x", [batch, length, 5])], Weight("w", 2, 5, 3));
    }

    [TestCase(1, 0, 1, 2, 3)]
    [TestCase(0, 0, 2, 1, 3)]
    public void Heads_InAnotherOrder_StayAsTheyAre(int axis, params int[] order)
    {
        var graph = Heads(axis, [.. order.Select(at => (long)at)]).Output("y");

        Assert.That(Kinds(graph), Is.EqualTo(new[] { "MatMul", "Transpose", "Unsqueeze" }));
        AssertSame(graph, [("x", [2, 4, 5])], Weight("w", 2, 5, 3));
    }

    [Test]
    public void SumOfHeads_ReadsTheWeightAsAMatrix()
    {
        var graph = Sum("bphe,hed->bpd").Output("y");

        Assert.That(Kinds(graph), Is.EqualTo(new[] { "MatMul", "Reshape" }));
        AssertSame(graph, [("z", [3, 4, 2, 3])], Weight("w", 2, 3, 5));
    }

    [Test]
    public void SumOfHeads_OfAComputedWeight_StaysAsItIs()
    {
        var graph = new TinyGraph().Input("z", [-1, -1, 2, 3]).Input("c", [2, 3, 5]).Node("Neg", "w", ["c"]).NodeOf("Einsum", "y", ["z", "w"], "equation", "bphe,hed->bpd").Output("y");

        Assert.That(Kinds(graph), Is.EqualTo(new[] { "Einsum", "Neg" }));
        AssertSame(graph, [("z", [3, 4, 2, 3]), ("c", [2, 3, 5])]);
    }

    [Test]
    public void SumOfHeads_WithEachHead_KeepsTheWeightAsItWas()
    {
        var graph = Sum("bphe,hed->bpd").Node("Transpose", "turned", ["z"], "perm", 0, 2, 1, 3).Node("MatMul", "each", ["turned", "w"]).Output("y", "each");

        AssertSame(graph, [("z", [3, 4, 2, 3])], Weight("w", 2, 3, 5));
    }

    [TestCase("gpt2", "FastGelu")]
    [TestCase("bert", "Gelu")]
    public void ModelFolders_HaveWhatIsLookedFor(string name, string gelu)
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });
        var weights = new Dictionary<string, ModelWeight>(model.Weights, StringComparer.Ordinal);
        var slice = GraphSlice.Cut(model.Proto, [$"blocks.{model.Config.NLayers - 1}.hook_resid_post"], [], [], weights.ContainsKey);
        var kinds = SliceRewriting.Of(slice, weights).Model.Graph.Node.Select(node => node.OpType).ToList();

        Assert.That(kinds.Count(kind => kind == gelu), Is.EqualTo(model.Config.NLayers));
        Assert.That(kinds, Has.None.AnyOf("Einsum", "Erf", "Tanh"));
        Assert.That(kinds.Count(kind => kind == "Unsqueeze"), Is.LessThan(model.Config.NLayers + 2), "what heads read is not widened any more");
    }

    [TestCase("gpt2")]
    [TestCase("gemma2")]
    public void Run_FewTokensOrManyOrLongTexts_SameBits(string name)
    {
        string[] hooks = ["blocks.0.attn.hook_pattern", "blocks.1.hook_resid_post"];
        int[] prompt = [1, 2, 3, 4, 5];
        using var few = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });
        using var many = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });
        using var texts = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });
        foreach (var _ in Enumerable.Range(0, 60))
        {
            many.Run(Input(prompt), hooks);
        }

        var (alone, often, together) = (few.Run(Input(prompt), hooks), many.Run(Input(prompt), hooks), texts.Run(Input([.. Enumerable.Repeat(prompt, 250)]), hooks));
        foreach (var hook in hooks)
        {
            Assert.That(often[hook].Span.SequenceEqual(alone[hook].Span), hook);
            Assert.That(together[hook].Span[..alone[hook].Span.Length].ToArray(), Is.EqualTo(alone[hook].Span.ToArray()).Within(1e-5f), hook);
        }
    }

    private static ModelInput Input(params int[][] rows) => new(rows, null);

    private static TinyGraph ByTanh() => new TinyGraph().Input("x", [-1, 3])
        .Number("a", Math.Sqrt(2 / Math.PI)).Number("b", 0.044715 * Math.Sqrt(2 / Math.PI)).Number("one", 1).Number("half", 0.5)
        .Node("Mul", "square", ["x", "x"]).Node("Mul", "scaled", ["square", "b"]).Node("Add", "factor", ["scaled", "a"]).Node("Mul", "argument", ["x", "factor"])
        .Node("Tanh", "tanh", ["argument"]).Node("Add", "plus", ["tanh", "one"]).Node("Mul", "halved", ["x", "half"]).Node("Mul", "y", ["halved", "plus"]);

    private static TinyGraph Exact() => new TinyGraph().Input("x", [-1, 3])
        .Number("root", Math.Sqrt(0.5)).Number("one", 1).Number("half", 0.5)
        .Node("Mul", "scaled", ["x", "root"]).Node("Erf", "erf", ["scaled"]).Node("Add", "plus", ["erf", "one"]).Node("Mul", "product", ["x", "plus"]).Node("Mul", "y", ["product", "half"]);

    private static TinyGraph Heads(int axis, params long[] order) => new TinyGraph().Input("x", [-1, -1, 5]).Weight("w", [2, 5, 3], Data).Integers("axis", axis)
        .Node("Unsqueeze", "wide", ["x", "axis"]).Node("MatMul", "product", ["wide", "w"]).Node("Transpose", "y", ["product"], "perm", order);

    private static TinyGraph Sum(string equation) => new TinyGraph().Input("z", [-1, -1, 2, 3]).Weight("w", [2, 3, 5], Data).NodeOf("Einsum", "y", ["z", "w"], "equation", equation);

    private static PinnedWeight Weight(string name, params int[] shape)
    {
        var random = new Random(3);
        return new PinnedWeight(name, new Tensor(name, Numbers(random, shape), shape));
    }

    private static float[] Numbers(Random random, int[] shape) => [.. Enumerable.Range(0, shape.Aggregate((product, extent) => product * extent)).Select(_ => (float)((4 * random.NextDouble()) - 2))];

    private static IEnumerable<string> Kinds(TinyGraph graph) => Rewritten(graph, []).Slice.Model.Graph.Node.Select(node => node.OpType).Order(StringComparer.Ordinal);

    private static (GraphSlice Slice, Dictionary<string, ModelWeight> Weights) Rewritten(TinyGraph graph, ModelWeight[] weights)
    {
        var known = weights.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        foreach (var tensor in graph.Model.Graph.Initializer.Where(tensor => tensor.ExternalData.Count > 0))
        {
            known.TryAdd(tensor.Name, Weight(tensor.Name, [.. tensor.Dims.Select(extent => (int)extent)]));
        }

        return (SliceRewriting.Of(new GraphSlice(graph.Model.Clone(), [], [], [], [.. known.Keys]), known), known);
    }

    private void AssertSame(TinyGraph graph, (string Name, int[] Shape)[] inputs, params ModelWeight[] weights)
    {
        var random = new Random(1);
        var fed = inputs.ToDictionary(input => input.Name, input => new GraphArray(Numbers(random, input.Shape), [.. input.Shape.Select(extent => (long)extent)]));
        string[] outputs = [.. graph.Model.Graph.Output.Select(output => output.Name)];
        using var before = new GraphSession(graph.Bytes, weights, _folder.FullName);
        var (slice, known) = Rewritten(graph, weights);
        using var after = new GraphSession(slice.Model.ToByteArray(), [.. slice.Weights.Select(name => known[name])], _folder.FullName);
        foreach (var (expected, found) in before.Run(fed, outputs).Zip(after.Run(fed, outputs)))
        {
            Assert.That(found!.Shape, Is.EqualTo(expected!.Shape));
            Assert.That((float[])found.Values, Is.EqualTo((float[])expected.Values).Within(2e-6f));
        }
    }
}
