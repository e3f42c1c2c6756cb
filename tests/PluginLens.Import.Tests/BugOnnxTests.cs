using Google.Protobuf;
using PluginLens.Models;
using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>ONNX files as people have them (tests/Golden/bugs): imported rightly, or refused by their cause; each stands for a kind, whose neighbours are tried beside it.</summary>
public sealed class BugOnnxTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pluginlens-bug-");

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase("weights\\all.bin")]
    [TestCase(".\\weights\\deep\\..\\all.bin")]
    [TestCase("weights/all.bin")]
    public void Import_PathOfWindows_IsFound(string location)
    {
        var model = ImportedModel.Read("optimum-gpt2");
        Externalise(model, location, "weights/all.bin");
        _folder.CreateSubdirectory("weights/deep");
        AssertTruth(model, "onnx-external-backslash");
    }

    [TestCase("..\\all.bin", "outside")]
    [TestCase("weights\\..\\..\\all.bin", "outside")]
    [TestCase("\\\\server\\all.bin", "absolute path \"\\\\server\\all.bin\"")]
    [TestCase("D:\\all.bin", "absolute path \"D:\\all.bin\"")]
    [TestCase("weights\\none.bin", "is missing")]
    public void Import_PathOfWindows_StaysInTheFolder(string location, string quoted)
    {
        var model = ImportedModel.Read("optimum-gpt2");
        Externalise(model, location, "weights/all.bin");
        AssertRefused(model, quoted);
    }

    [Test]
    public void Import_PathOfWindowsBesideFunctions_IsFound()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Golden", "made-onnx", "gpt2-functions.onnx")));
        Externalise(model, "weights\\all.bin", "weights/all.bin");
        AssertTruth(model, "onnx-external-backslash");
    }

    [TestCase("optimum-gpt2", "Softmax")]
    [TestCase("optimum-gpt2", "LogSoftmax")]
    [TestCase("optimum-gpt2", "Softmax", "Log")]
    [TestCase("optimum-gpt2", "Cast", "Softmax", "Identity")]
    [TestCase("torch-dynamo-gpt2", "Softmax")]
    public void Import_Probabilities_UpToTheirLogits(string name, params string[] end)
    {
        var model = ImportedModel.Read(name);
        var logits = End(model, end);
        var report = AssertTruth(model, "onnx-softmax-end");
        Assert.That(report.Notes, Has.One.Contains($"up to '{logits}'"));
    }

    [Test]
    public void Import_LogitsBesideProbabilities_TakesTheLogits()
    {
        var model = ImportedModel.Read("optimum-gpt2");
        var logits = model.Graph.Output[0].Clone();
        End(model, "Softmax");
        model.Graph.Output.Add(logits);
        Assert.That(AssertTruth(model, "onnx-softmax-end").Notes, Has.None.Contains("probabilities"));
    }

    [TestCase("optimum-bert", "[2, 2]", "2 scores for each sequence", "first Gemm:32 Tanh Gemm:2")]
    [TestCase("optimum-bert", "[2, 3]", "3 scores for each sequence", "first Gemm:32 Relu Gemm:3")]
    [TestCase("optimum-bert", "[2, 2]", "2 scores for each sequence", "first Gemm:2 Softmax")]
    [TestCase("optimum-bert", "[2, 1]", "a score for each sequence", "MatMul:1 first")]
    [TestCase("optimum-bert", "[2, 11, 9]", "9 scores for each token", "MatMul:9")]
    [TestCase("optimum-gpt2", "[2, 5]", "5 scores for each sequence", "MatMul:5 first")]
    public void Import_Classifier_SaysSo(string name, string shape, string scores, string head)
    {
        var model = ImportedModel.Read(name);
        Classify(model, head.Split(' '));
        AssertRefused(model, $"'scores' {shape} is the head of a classifier", scores, name == "optimum-bert" ? "vocabulary of 523 tokens" : "vocabulary of 512 tokens", "--task feature-extraction");
    }

    [TestCase("first Gemm:32 Tanh Gemm:2")]
    [TestCase("MatMul:9")]
    public void Import_ClassifierBesideHiddenStates_ImportsTheEncoder(string head)
    {
        var model = ImportedModel.Read("optimum-bert");
        Classify(model, head.Split(' '));
        model.Graph.Output.Add(Value("/bert/encoder/layer.2/output/LayerNorm/Add_1_output_0"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model.onnx"), model.ToByteArray());
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("bert", 1e-4f);
        Assert.That(imported.Model.HasWeight("unembed.W_U"), Is.False);
    }

    [Test]
    public void Import_SpansOfAnswers_AreAClassifiers()
    {
        var model = ImportedModel.Read("optimum-bert");
        Classify(model, ["MatMul:2"]);
        var split = Node("Split", ["scores"], "start_logits", "axis", -1);
        split.Output.Add("end_logits");
        model.Graph.Node.Add(split);
        model.Graph.Output.Clear();
        model.Graph.Output.Add([Value("start_logits"), Value("end_logits")]);
        AssertRefused(model, "'start_logits' [2, 11, 1] is the head of a classifier", "for each token");
    }

    [Test]
    public void Import_OperatorWithoutItsInputs_IsNamed()
    {
        var model = ImportedModel.Read("torch-llama");
        var softmax = model.Graph.Node.First(n => n.OpType == "Softmax");
        (softmax.OpType, softmax.Domain) = ("GroupQueryAttention", "com.microsoft");
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        AssertRefused(model, "com.microsoft.GroupQueryAttention", "fewer than 7 inputs");
    }

    [Test]
    public void Import_EveryFolder_DoesWhatItsLineSays()
    {
        var bugs = Path.Combine(Repository.Root, "tests", "Golden", "bugs");
        var lines = Directory.GetDirectories(bugs, "onnx-*").ToDictionary(f => Path.GetFileName(f), f => File.ReadAllText(Path.Combine(f, "expect.txt")).Split(':')[0]);

        Assert.That(lines, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["onnx-classifier"] = "import or refuse", ["onnx-external-backslash"] = "import or refuse", ["onnx-gqa-operator"] = "refuse", ["onnx-softmax-end"] = "import or refuse",
        }));
    }

    private static ValueInfoProto Value(string name) => new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } };

    private static NodeProto Node(string op, string[] inputs, string output, string? attribute = null, int value = 0)
    {
        var node = new NodeProto { OpType = op, Name = $"/{output}/{op}" };
        node.Input.Add(inputs);
        node.Output.Add(output);
        node.Attribute.Add(attribute is null ? [] : [new AttributeProto { Name = attribute, I = value, Type = 2 }]);
        return node;
    }

    /// <summary>Operators behind the logits, whose result becomes the only output.</summary>
    private static string End(ModelProto model, params string[] operators)
    {
        var logits = model.Graph.Output.Single().Name;
        var last = operators.Aggregate(logits, (x, op) =>
        {
            var node = op == "Cast" ? Node(op, [x], $"{x}.{op}", "to", 1) : op.EndsWith("Softmax", StringComparison.Ordinal) ? Node(op, [x], $"{x}.{op}", "axis", -1) : Node(op, [x], $"{x}.{op}");
            model.Graph.Node.Add(node);
            return node.Output[0];
        });
        model.Graph.Output[0] = Value(last);
        return operators[0] == "Cast" ? $"{logits}.Cast" : logits;
    }

    /// <summary>A head on the last hidden states in place of the language model's: the first token, maps to so many columns, activations.</summary>
    private static void Classify(ModelProto model, string[] head)
    {
        var graph = model.Graph;
        var isBert = graph.Node.Any(n => n.Name.Contains("/bert/", StringComparison.Ordinal));
        var x = graph.Node.Last(n => n.Name.Contains(isBert ? "layer.2/output/LayerNorm" : "/transformer/ln_f", StringComparison.Ordinal)).Output[0];
        foreach (var (i, step) in head.Index())
        {
            var (op, columns) = (step.Split(':')[0], step.Contains(':', StringComparison.Ordinal) ? int.Parse(step.Split(':')[1]) : 0);
            var output = i == head.Length - 1 ? "scores" : $"head.{i}";
            if (columns > 0)
            {
                var width = i == 0 || head[..i].All(s => !s.Contains(':', StringComparison.Ordinal)) ? 32 : int.Parse(head[..i].Last(s => s.Contains(':', StringComparison.Ordinal)).Split(':')[1]);
                float[] weights = [.. Enumerable.Range(0, width * columns).Select(w => (float)Math.Sin(w + 1))];
                graph.Initializer.Add(new TensorProto { Name = $"{output}.weight", DataType = 1, Dims = { width, columns }, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weights)) });
            }

            if (op == "first")
            {
                graph.Initializer.Add(new TensorProto { Name = "first", DataType = 7, RawData = ByteString.CopyFrom(new byte[8]) });
            }

            graph.Node.Add(columns > 0 ? Node(op, [x, $"{output}.weight"], output) : op == "first" ? Node("Gather", [x, "first"], output, "axis", 1) : Node(op, [x], output));
            x = output;
        }

        graph.Output.Clear();
        graph.Output.Add(Value("scores"));
    }

    /// <summary>Moves large weights into one file, named in the graph in another way.</summary>
    private void Externalise(ModelProto model, string location, string file)
    {
        var path = Path.Combine(_folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = File.Create(path);
        foreach (var tensor in model.Graph.Initializer.Where(t => t.RawData.Length > 256))
        {
            tensor.ExternalData.Add([
                new StringStringEntryProto { Key = "location", Value = location }, new StringStringEntryProto { Key = "offset", Value = $"{stream.Position}" },
                new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" }]);
            tensor.RawData.WriteTo(stream);
            (tensor.RawData, tensor.DataLocation) = (ByteString.Empty, TensorProto.Types.DataLocation.External);
        }
    }

    private ImportReport AssertTruth(ModelProto model, string bug)
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model.onnx"), model.ToByteArray());
        using var imported = new ImportedModel(_folder.FullName);
        var truth = Path.Combine(Repository.Root, "tests", "Golden", "bugs", bug, "truth.npz");
        var ids = Array.ConvertAll(NumpyFile.Integers(truth, "ids"), id => (int)id);
        var found = imported.Model.Run(new ModelInput([ids], null), ["logits"])["logits"].Data.ToArray();
        var expected = NumpyFile.Floats(truth, "logits");
        Assert.That(found, Has.Length.EqualTo(expected.Length));
        Assert.That(found.Zip(expected).Max(p => Math.Abs(p.First - p.Second)), Is.LessThan(1e-4f));
        return imported.Report;
    }

    private void AssertRefused(ModelProto model, params string[] quoted)
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model.onnx"), model.ToByteArray());
        Refusal.AssertNames(_folder.FullName, quoted);
    }
}
