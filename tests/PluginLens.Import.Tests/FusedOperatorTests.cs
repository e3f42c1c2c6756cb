namespace PluginLens.Import.Tests;

/// <summary>
/// The graphs of the GPU and mobile exporters: GroupQueryAttention, MultiHeadAttention, RotaryEmbedding and fused norms. The importer compares
/// each with ONNX Runtime's own operators before it keeps it; here it is compared with the checkpoint as well.
/// </summary>
public sealed class FusedOperatorTests
{
    /// <summary>Heads are as wide as the operator wants them there, zeros among their columns.</summary>
    private static readonly string[] OfHeads = ["hook_q", "hook_k", "hook_v", "hook_z", "hook_rot_q", "hook_rot_k", "hook_result"];
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pluginlens-fused-");

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase("llama", "Grouped")]
    [TestCase("llama", "GroupedPacked")]
    [TestCase("llama", "RotaryGrouped")]
    [TestCase("llama", "MultiHead")]
    [TestCase("llama", "MultiHeadFlag")]
    [TestCase("qwen2", "Grouped")]
    [TestCase("qwen2", "GroupedPacked")]
    [TestCase("qwen2", "MultiHead")]
    public void Import_FusedAttention_EqualsTheCheckpoint(string checkpoint, string form)
    {
        FusedLlama.Of(checkpoint, Enum.Parse<FusedForm>(form)).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        if (form.StartsWith("Multi", StringComparison.Ordinal))
        {
            imported.AssertEqualsReference(checkpoint, 1e-4f);
            imported.AssertWeights(checkpoint);
        }
        else
        {
            imported.AssertEqualsReference(checkpoint, 1e-4f, OfHeads);
        }
    }

    [TestCase(11)]
    [TestCase(13)]
    [TestCase(21)]
    public void Import_OtherOpsets_EqualsTheCheckpoint(int opset)
    {
        var graph = FusedLlama.Of("llama", FusedForm.Grouped, opset: opset);
        if (opset < 13)
        {
            // Axes are no input yet.
            var sum = graph.Graph.Node.First(n => n.OpType == "ReduceSum");
            sum.Input.RemoveAt(1);
            var axes = new Models.Format.Proto.AttributeProto { Name = "axes", Type = 7 };
            axes.Ints.Add(1);
            sum.Attribute.Add(axes);
        }

        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f, OfHeads);
    }

    [Test]
    public void Import_WindowOfTheOperator_EqualsTheCheckpoint()
    {
        FusedLlama.Of("mistral", FusedForm.Grouped, window: 7).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("mistral", 1e-4f, OfHeads);
        Assert.That(imported.Model.Config.WindowSize, Is.EqualTo(new int?[] { 7, 7 }));
    }

    [Test]
    public void Import_WindowWiderThanTheRun_IsReadFromTheOperator()
    {
        FusedLlama.Of("mistral", FusedForm.Grouped, window: 20).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        Assert.That(imported.Model.Config.WindowSize, Is.EqualTo(new int?[] { 20, 20 }));
    }

    [Test]
    public void Import_LongContext_IsComparedWithTheOperatorFarBack()
    {
        FusedLlama.Of("mistral", FusedForm.Grouped, window: 100, length: 300).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        Assert.That(imported.Model.Config.WindowSize, Is.EqualTo(new int?[] { 100, 100 }));
        Assert.That(imported.Model.Config.NCtx, Is.EqualTo(300));
        Assert.That(imported.Report.Check!.Sequences, Does.EndWith("1 x 300"));
    }

    [Test]
    public void Import_WindowAsWideAsTheContext_IsNone()
    {
        FusedLlama.Of("mistral", FusedForm.Grouped, window: 64).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        Assert.That(imported.Model.Config.WindowSize, Is.Empty);
    }

    [Test]
    public void Import_InterleavedRotation_EqualsTheCheckpoint()
    {
        FusedLlama.Of("llama", FusedForm.GroupedInterleaved).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f, OfHeads);
        Assert.That(imported.Model.Config.Metadata["rotary_adjacent"], Is.EqualTo("true"));
    }

    [Test]
    public void Import_LengthsAsInputs_EqualsTheCheckpoint()
    {
        var graph = FusedLlama.Of("llama", FusedForm.Grouped);
        foreach (var node in graph.Graph.Node.Where(n => n.Output[0] is "mask_sum" or "last" or "seqlens_k" or "mask_shape" or "mask_length" or "total").ToList())
        {
            graph.Graph.Node.Remove(node);
        }

        graph.Graph.Input.Remove(graph.Graph.Input.Single(i => i.Name == "attention_mask"));
        graph.Input("seqlens_k", 6, "batch_size");
        graph.Input("total", 6);
        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f, OfHeads);
    }

    [TestCase("MultiHead")]
    [TestCase("RotaryGrouped")]
    public void Import_PositionOfTheFirstTokenAlone_EqualsTheCheckpoint(string form)
    {
        var graph = FusedLlama.Of("llama", Enum.Parse<FusedForm>(form));
        graph.Graph.Input.Remove(graph.Graph.Input.Single(i => i.Name == "position_ids"));
        graph.Input("position_ids", 7, 1);
        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f, OfHeads);
    }

    [Test]
    public void Import_NormsInTheOtherDomain_EqualsTheCheckpoint()
    {
        var graph = FusedLlama.Of("llama", FusedForm.MultiHead);
        graph.Graph.Node.Where(n => n.OpType == "SimplifiedLayerNormalization").ToList().ForEach(n => n.Domain = "com.microsoft");
        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f);
    }

    [Test]
    public void Import_PositionsAndBiasOfTheOperator_EqualsTheCheckpoint()
    {
        var graph = FusedLlama.Of("llama", FusedForm.Grouped);
        graph.Input("position_ids", 7, "batch_size", "sequence_length");
        graph.Floats("none", [0f], 1, 1, 1, 1);
        graph.Node("Shape", ["input_ids"], ["ids_shape"]);
        graph.Node("Concat", [graph.Integers("ones", 1, 1), graph.Node("Gather", ["ids_shape", graph.Integers("second", 1, 1)], ["square"])], ["bias_shape"], ("axis", 0));
        graph.Node("Expand", ["none", "bias_shape"], ["bias"]);
        foreach (var node in graph.Graph.Node.Where(n => n.OpType == "GroupQueryAttention"))
        {
            node.Input.Add(["position_ids", "bias"]);
        }

        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("llama", 1e-4f, OfHeads);
    }

    [Test]
    public void Import_ScaleThatIsNoRoot_IsTakenForAllLayers()
    {
        var graph = FusedLlama.Of("llama", FusedForm.Grouped);
        graph.Graph.Node.Where(n => n.OpType == "GroupQueryAttention").ToList().ForEach(n => n.Attribute.Single(a => a.Name == "scale").F = 0.22f);
        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        Assert.That(imported.Model.Config.AttnScale, Is.EqualTo(1 / 0.22).Within(1e-6));
    }

    [TestCase("Grouped", 16)]
    [TestCase("MultiHead", 8)]
    public void Import_HalfPrecision_WidensExactly(string form, int width)
    {
        var graph = FusedLlama.Of("llama", Enum.Parse<FusedForm>(form));
        foreach (var tensor in graph.Graph.Initializer.Where(t => t.DataType == 1))
        {
            var halves = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.RawData.ToByteArray()).ToArray().Select(v => (Half)Math.Max(v, -65504f)).ToArray();
            (tensor.DataType, tensor.RawData) = (10, Google.Protobuf.ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<Half>(halves)));
        }

        foreach (var value in graph.Graph.Input.Concat(graph.Graph.Output).Where(v => v.Type.TensorType.ElemType == 1))
        {
            value.Type.TensorType.ElemType = 10;
        }

        graph.Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);
        var expected = ImportedModel.Reference("llama", "weights").Floats("blocks.0.mlp.W_in").Data.ToArray();

        Assert.That(imported.Model.Weight("blocks.0.mlp.W_in").Data.ToArray(), Is.EqualTo(Array.ConvertAll(expected, v => (float)(Half)v)));
        Assert.That((imported.Model.Config.DHead, imported.Model.Config.RotaryDim), Is.EqualTo((width, width)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Import_MultiHeadOfAnEncoder_EqualsTheCheckpoint(bool asHeads)
    {
        FusedBert.Of(asHeads).Save(_folder.FullName);
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("bert", 1e-4f);
        imported.AssertWeights("bert");
        Assert.That(imported.Report.Check!.Sequences, Does.Contain("padded"));
    }

    [TestCase("MultiHead", 9, "the bookkeeping of a beam search")]
    [TestCase("Grouped", 11, "head sinks")]
    [TestCase("MultiHead", 4, "a mask [batch, pos, key_pos]")]
    public void Import_InputThatIsNotRead_IsNamed(string form, int at, string quoted)
    {
        var graph = FusedLlama.Of("llama", Enum.Parse<FusedForm>(form));
        var node = graph.Graph.Node.First(n => n.OpType is "MultiHeadAttention" or "GroupQueryAttention");
        node.Input.Add(Enumerable.Repeat("", Math.Max(0, at + 1 - node.Input.Count)));
        // The importer's own short run has 2 sequences of 11 tokens.
        node.Input[at] = at == 4 ? graph.Node("Cast", [graph.Floats("ones", [.. Enumerable.Repeat(1f, 2 * 11 * 11)], 2, 11, 11)], ["extra"], ("to", 6)) : graph.Floats("extra", new float[4], 4);
        graph.Save(_folder.FullName);

        Refusal.AssertNames(_folder.FullName, node.OpType, quoted);
    }

    [TestCase("Grouped", 2, "")]
    [TestCase("Grouped", 7, "")]
    [TestCase("Grouped", 7, "0.ln1")]
    [TestCase("Grouped", 0, "one")]
    [TestCase("MultiHead", 1, "")]
    [TestCase("RotaryGrouped", 0, "one")]
    public void Import_LastLayerBroken_IsRefusedInOneLine(string form, int at, string input)
    {
        var graph = FusedLlama.Of("llama", Enum.Parse<FusedForm>(form));
        var node = graph.Graph.Node.Last(n => form == "RotaryGrouped" ? n.OpType == "RotaryEmbedding" : n.OpType is "MultiHeadAttention" or "GroupQueryAttention");
        node.Input[at] = input;
        graph.Save(_folder.FullName);

        Refusal.AssertNames(_folder.FullName, "/2.");
    }

    [TestCase("softcap", 30f, "'softcap'")]
    [TestCase("smooth_softmax", 1, "'smooth_softmax'")]
    [TestCase("new_trick", 1, "'new_trick'")]
    public void Import_UnknownAttribute_IsNamed(string name, object value, string quoted)
    {
        var graph = FusedLlama.Of("llama", FusedForm.RotaryGrouped);
        var node = graph.Graph.Node.First(n => n.OpType == "GroupQueryAttention");
        node.Attribute.Add(value is float number
            ? new Models.Format.Proto.AttributeProto { Name = name, F = number, Type = 1 } : new Models.Format.Proto.AttributeProto { Name = name, I = (int)value, Type = 2 });
        graph.Save(_folder.FullName);

        Refusal.AssertNames(_folder.FullName, "com.microsoft.GroupQueryAttention", quoted);
    }
}
