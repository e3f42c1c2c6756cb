using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Tests;

/// <summary>Sound files changed in one place: forms that must import, faults that must be named.</summary>
public sealed class ChangedOnnxTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pluginlens-changed-");

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase("torch-llama", "llama")]
    [TestCase("optimum-bert", "bert")]
    public void Import_WeightsInConstantNodes_EqualsTheCheckpoint(string name, string checkpoint)
    {
        var model = ImportedModel.Read(name);
        foreach (var weight in model.Graph.Initializer.Reverse())
        {
            var node = new NodeProto { OpType = "Constant" };
            node.Output.Add(weight.Name);
            node.Attribute.Add(new AttributeProto { Name = "value", T = weight, Type = 4 });
            model.Graph.Node.Insert(0, node);
        }

        model.Graph.Initializer.Clear();
        AssertImports(model, checkpoint);
    }

    [TestCase("torch-llama", "llama")]
    [TestCase("torch-gpt2", "gpt2")]
    public void Import_WeightsStoredTransposed_EqualsTheCheckpoint(string name, string checkpoint)
    {
        var model = ImportedModel.Read(name);
        var weights = model.Graph.Initializer.ToDictionary(i => i.Name);
        foreach (var product in model.Graph.Node.Where(n => n.OpType == "MatMul" && weights.ContainsKey(n.Input[1])).ToList())
        {
            var stored = Transposed(weights[product.Input[1]], $"{product.Output[0]}.stored");
            model.Graph.Initializer.Add(stored);
            var node = new NodeProto { OpType = "Transpose", Name = $"{stored.Name}.turned" };
            node.Input.Add(stored.Name);
            node.Output.Add(node.Name);
            model.Graph.Node.Insert(0, node);
            product.Input[1] = node.Name;
        }

        AssertImports(model, checkpoint);
    }

    [Test]
    public void Import_GemmWithAlpha_EqualsTheCheckpoint([Values] bool transposed)
    {
        var model = ImportedModel.Read("torch-gpt2");
        var weights = model.Graph.Initializer.ToDictionary(i => i.Name);
        foreach (var gemm in model.Graph.Node.Where(n => n.OpType == "Gemm").ToList())
        {
            // Four times the matrix, a quarter of the product: exact.
            var stored = weights[gemm.Input[1]].Clone();
            var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(stored.RawData.Span).ToArray();
            stored.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, value => 4 * value)));
            stored = transposed ? Transposed(stored, string.Empty) : stored;
            stored.Name = $"{gemm.Output[0]}.times_four";
            model.Graph.Initializer.Add(stored);
            gemm.Input[1] = stored.Name;
            gemm.Attribute.Clear();
            gemm.Attribute.Add(new AttributeProto { Name = "alpha", F = 0.25f, Type = 1 });
            gemm.Attribute.Add(new AttributeProto { Name = "transB", I = transposed ? 1 : 0, Type = 2 });
        }

        Assert.That(model.Graph.Node.Count(n => n.OpType == "Gemm"), Is.EqualTo(12));
        AssertImports(model, "gpt2");
    }

    [TestCase("torch-llama")]
    [TestCase("optimum-bert")]
    [TestCase("optimum-past-gpt2")]
    public void Import_CutFile_SaysWhereItEnds(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(ImportedModel.Plain(name), "model.onnx"));
        foreach (var length in new[] { 100, bytes.Length / 2, bytes.Length - 100 })
        {
            File.WriteAllBytes(Path.Combine(_folder.FullName, "model.onnx"), bytes[..length]);
            Refusal.AssertNames(_folder.FullName, "ends inside a message", $"{length}");
        }
    }

    [TestCase("/etc/passwd", "absolute path \"/etc/passwd\"")]
    [TestCase("C:\\weights.bin", "absolute path \"C:\\weights.bin\"")]
    [TestCase("../weights.bin", "\"../weights.bin\"", "outside")]
    [TestCase("a/../../weights.bin", "\"a/../../weights.bin\"", "outside")]
    [TestCase("missing.bin", "missing.bin", "is missing")]
    [TestCase("", "location")]
    public void Import_ExternalData_OnlyInTheFolder(string location, params string[] quoted)
    {
        var model = ImportedModel.Read("torch-llama");
        Externalise(model.Graph.Initializer[2], ("location", location));
        AssertRefused(model, [model.Graph.Initializer[2].Name, .. quoted]);
    }

    [TestCase("offset", "64", "ends at byte 128", "bytes 64 to 192")]
    [TestCase("offset", "-8", "offset '-8'")]
    [TestCase("length", "64", "64 bytes of data for shape [32] float32 (128)")]
    public void Import_ExternalData_MustFit(string key, string value, params string[] quoted)
    {
        var model = ImportedModel.Read("torch-llama");
        File.WriteAllBytes(Path.Combine(_folder.FullName, "w.bin"), new byte[128]);
        Externalise(model.Graph.Initializer[2], ("location", "w.bin"), (key, value));
        AssertRefused(model, quoted);
    }

    [Test]
    public void Import_DataTooShort_NamesTheTensor()
    {
        var model = ImportedModel.Read("torch-llama");
        var largest = model.Graph.Initializer.MaxBy(i => i.RawData.Length)!;
        largest.RawData = ByteString.CopyFrom(largest.RawData.Span[..^4]);
        AssertRefused(model, largest.Name, "67836 bytes of data for shape [530, 32] float32 (67840)");
    }

    [Test]
    public void Import_NodeReadsItself_IsACycle()
    {
        var model = ImportedModel.Read("torch-llama");
        var node = model.Graph.Node.First(n => n.Name == "/m/model/layers.1/Add");
        node.Input[0] = node.Output[0];
        AssertRefused(model, "cycle", "'/m/model/layers.1/Add'");
    }

    [Test]
    public void Import_NodeReadsNothing_NamesIt()
    {
        var model = ImportedModel.Read("torch-llama");
        model.Graph.Node.First(n => n.Name == "/m/model/layers.1/Add").Input[0] = "nowhere";
        AssertRefused(model, "'/m/model/layers.1/Add' (Add)", "'nowhere'");
    }

    [Test]
    public void Import_UnknownActivation_NamesItsOperators()
    {
        var model = ImportedModel.Read("torch-gpt2");
        model.Graph.Node.First(n => n.OpType == "Tanh").OpType = "Sinh";
        AssertRefused(model, "no known activation function", "Sinh", "/m/transformer/h.0/mlp/c_fc/Gemm");
    }

    [Test]
    public void Import_OperatorBetweenNormAndAttention_IsNamed()
    {
        var model = ImportedModel.Read("torch-gpt2");
        var norm = model.Graph.Node.First(n => n.Name == "/m/transformer/h.1/ln_1/LayerNormalization");
        var odd = new NodeProto { OpType = "Sin", Name = "odd" };
        odd.Output.Add(norm.Output[0]);
        odd.Input.Add(norm.Output[0] = "normed");
        model.Graph.Node.Insert(model.Graph.Node.IndexOf(norm) + 1, odd);
        AssertRefused(model, "layer 1", "'odd' (Sin)");
    }

    [Test]
    public void Import_WithoutLogits_SaysSo()
    {
        var model = ImportedModel.Read("torch-gpt2");
        var head = model.Graph.Node.First(n => n.Output[0] == "logits");
        model.Graph.Node.Remove(head);
        model.Graph.Output[0] = new ValueInfoProto { Name = head.Input[0] };
        AssertRefused(model, "no logits", "ln_f");
    }

    [Test]
    public void Import_ForeignOperator_IsNamed()
    {
        var model = ImportedModel.Read("torch-gpt2");
        model.Graph.Node[0].Domain = "com.example";
        AssertRefused(model, "com.example.Shape");
    }

    [Test]
    public void Import_UnknownQuantisedOperator_IsNamed()
    {
        var model = ImportedModel.Read("torch-gpt2");
        model.Graph.Node.First(n => n.OpType == "MatMul").OpType = "QLinearMatMul";
        AssertRefused(model, "Operator QLinearMatMul", "quantised");
    }

    [Test]
    public void Import_Branch_IsNamed()
    {
        var model = ImportedModel.Read("torch-gpt2");
        model.Graph.Node.First(n => n.OpType == "Tanh").OpType = "If";
        AssertRefused(model, "Operator If", "merged decoder");
    }

    private static void Externalise(TensorProto tensor, params (string Key, string Value)[] entries)
    {
        tensor.RawData = ByteString.Empty;
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
    }

    private static TensorProto Transposed(TensorProto tensor, string name)
    {
        var (rows, columns) = ((int)tensor.Dims[0], (int)tensor.Dims[1]);
        var bytes = tensor.RawData.ToByteArray();
        var turned = new byte[bytes.Length];
        for (var i = 0; i < rows * columns; i++)
        {
            bytes.AsSpan(4 * i, 4).CopyTo(turned.AsSpan(4 * ((i % columns * rows) + (i / columns))));
        }

        return new TensorProto { Name = name, DataType = tensor.DataType, Dims = { columns, rows }, RawData = ByteString.CopyFrom(turned) };
    }

    private void Write(ModelProto model) => File.WriteAllBytes(Path.Combine(_folder.FullName, "model.onnx"), model.ToByteArray());

    private void AssertImports(ModelProto model, string checkpoint)
    {
        Write(model);
        using var imported = new ImportedModel(_folder.FullName);
        imported.AssertEqualsReference(checkpoint, 1e-4f);
    }

    private void AssertRefused(ModelProto model, params string[] quoted)
    {
        Write(model);
        Refusal.AssertNames(_folder.FullName, quoted);
    }
}
