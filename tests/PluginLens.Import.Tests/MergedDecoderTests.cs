using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Tests;

/// <summary>Merged decoders: one graph with past keys and values and one without behind an If; the plain one is imported.</summary>
public sealed class MergedDecoderTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pluginlens-merged-");

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase("else_branch", false)]
    [TestCase("then_branch", false)]
    [TestCase("else_branch", true)]
    public void Import_MergedDecoder_EqualsTheCheckpoint(string plainBranch, bool weightsInside)
    {
        Write(Merged(plainBranch, weightsInside), "decoder_model_merged.onnx");
        using var imported = new ImportedModel(_folder.FullName);

        imported.AssertEqualsReference("gpt2", 1e-4f);
        Assert.That(imported.Report.Notes, Has.One.Contains("merged decoder"));
    }

    [Test]
    public void Import_MergedDecoderAmongOthers_IsTheLastChoice()
    {
        Write(Merged("else_branch", false), "decoder_model_merged.onnx");
        File.Copy(Path.Combine(ImportedModel.Plain("optimum-past-gpt2"), "model.onnx"), Path.Combine(_folder.FullName, "decoder_with_past_model.onnx"));
        using var imported = new ImportedModel(_folder.FullName);

        Assert.That(Path.GetFileName(imported.Report.Source), Is.EqualTo("decoder_with_past_model.onnx"));
    }

    [Test]
    public void Import_ChoiceBetweenTwoPlainGraphs_IsRefused()
    {
        var model = Merged("else_branch", false);
        var choice = model.Graph.Node.Single();
        choice.Attribute.Single(a => a.Name == "then_branch").G = choice.Attribute.Single(a => a.Name == "else_branch").G;
        Write(model, "model.onnx");

        Refusal.AssertNames(_folder.FullName, "Operator If", "as the graph runs");
    }

    /// <summary>Both graphs of GPT-2 behind one choice, as the usual exporter merges them: weights above, or those of the plain branch in it.</summary>
    private static ModelProto Merged(string plainBranch, bool weightsInside)
    {
        var (plain, past) = (ImportedModel.Read("optimum-gpt2"), ImportedModel.Read("optimum-past-gpt2"));
        var merged = new ModelProto { IrVersion = plain.IrVersion, Graph = new GraphProto { Name = "merged" } };
        merged.OpsetImport.Add(plain.OpsetImport);
        merged.Graph.Input.Add(past.Graph.Input);
        merged.Graph.Input.Add(new ValueInfoProto { Name = "use_cache_branch", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 9, Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } } } } });
        merged.Graph.Output.Add(past.Graph.Output.Take(1));
        var (inside, above) = (Branch(plain.Graph, "plain."), Branch(past.Graph, "past."));
        merged.Graph.Initializer.Add(above.Initializer);
        above.Initializer.Clear();
        if (!weightsInside)
        {
            merged.Graph.Initializer.Add(inside.Initializer);
            inside.Initializer.Clear();
        }

        var choice = new NodeProto { OpType = "If", Name = "optimum::if" };
        choice.Input.Add("use_cache_branch");
        choice.Output.Add("logits");
        choice.Attribute.Add([
            new AttributeProto { Name = plainBranch, G = inside, Type = 5 },
            new AttributeProto { Name = plainBranch == "else_branch" ? "then_branch" : "else_branch", G = above, Type = 5 }]);
        merged.Graph.Node.Add(choice);
        return merged;
    }

    /// <summary>A graph as a branch: its inputs are the outer graph's, everything else has names of its own.</summary>
    private static GraphProto Branch(GraphProto graph, string prefix)
    {
        var outer = graph.Input.Select(i => i.Name).Append("").ToHashSet();
        string Named(string name) => outer.Contains(name) ? name : prefix + name;
        var branch = new GraphProto { Name = prefix };
        branch.Initializer.Add(graph.Initializer.Select(i => new TensorProto(i) { Name = Named(i.Name) }));
        branch.Node.Add(graph.Node.Select(n =>
        {
            var copy = new NodeProto { OpType = n.OpType, Domain = n.Domain, Name = prefix + n.Name };
            copy.Input.Add(n.Input.Select(Named));
            copy.Output.Add(n.Output.Select(Named));
            copy.Attribute.Add(n.Attribute);
            return copy;
        }));
        branch.Output.Add(new ValueInfoProto(graph.Output[0]) { Name = Named(graph.Output[0].Name) });
        return branch;
    }

    private void Write(ModelProto model, string name) => File.WriteAllBytes(Path.Combine(_folder.FullName, name), model.ToByteArray());
}
