using PluginLens.Models;
using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>A golden ONNX file imported into a folder that goes with the test.</summary>
internal sealed class ImportedModel : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("pluginlens-import-");

    public ImportedModel(string source)
    {
        Report = Importer.Import(source, Path.Combine(_parent.FullName, "model"));
        Model = ModelFolder.Open(Report.Folder, new OpenOptions { Device = Device.Cpu });
    }

    public ImportReport Report { get; }

    public OnnxModel Model { get; }

    public static string Plain(string name) => Path.Combine(Repository.Root, "tests", "Golden", "plain-onnx", name);

    public static string Hard(string name) => Path.Combine(Repository.Root, "tests", "Golden", "hard-onnx", name);

    /// <summary>The graph of a plain file, to be changed.</summary>
    /// <param name="name">Folder under plain-onnx.</param>
    public static ModelProto Read(string name) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Plain(name), "model.onnx")));

    /// <summary>A file of a checkpoint's reference.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="file">Its name without ending.</param>
    public static SafetensorsFile Reference(string checkpoint, string file) => new(Path.Combine(Repository.Checkpoints, checkpoint, "reference", $"{file}.safetensors"));

    /// <summary>All weights of a checkpoint and no other, bit for bit.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public void AssertWeights(string checkpoint)
    {
        Assert.That(Model.WeightNames, Is.EquivalentTo(Reference(checkpoint, "weights").Names));
        AssertBits(checkpoint);
    }

    /// <summary>The weights that the model has are a checkpoint's, bit for bit; a file without a head has fewer.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public void AssertBits(string checkpoint)
    {
        var reference = Reference(checkpoint, "weights");
        foreach (var name in Model.WeightNames)
        {
            Assert.That(Model.Weight(name).Span.SequenceEqual(reference.Floats(name).Span), Is.True, $"{name} is not the checkpoint's, bit for bit");
        }
    }

    /// <summary>Every tensor of a checkpoint's reference that the model has a hook for, within a tolerance where the mask is one.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tolerance">Largest difference.</param>
    /// <param name="differs">Endings of hooks that another form of the same model has in another shape.</param>
    public void AssertEqualsReference(string checkpoint, float tolerance, params string[] differs)
    {
        foreach (var file in new[] { "activations", "one_token", "full_context" })
        {
            var reference = Reference(checkpoint, file);
            var hooks = reference.Names.Where(Model.Hooks.ContainsKey).Where(hook => !differs.Any(hook.EndsWith)).ToList();
            Assert.That(hooks, Has.Count.GreaterThan(3), file);
            var run = Model.Run(Input(reference), hooks);
            var mask = reference.Has("attention_mask") ? reference.Rows("attention_mask") : null;
            foreach (var hook in hooks)
            {
                AssertClose(run[hook], reference.Floats(hook), mask, tolerance);
            }
        }
    }

    public Tensor Logits(string checkpoint)
    {
        return Model.Run(Input(Reference(checkpoint, "activations")), ["logits"])["logits"];
    }

    public void Dispose()
    {
        Model.Dispose();
        _parent.Delete(recursive: true);
    }

    private ModelInput Input(SafetensorsFile reference) =>
        new(reference.Rows("input_ids"), Model.Config.AttentionDir == "bidirectional" && reference.Has("attention_mask") ? reference.Rows("attention_mask") : null)
        {
            TokenTypeIds = Model.HasWeight("token_type_embed.W_token_type") && reference.Has("token_type_ids") ? reference.Rows("token_type_ids") : null,
        };

    private static void AssertClose(Tensor found, Tensor expected, int[][]? mask, float tolerance)
    {
        Assert.That(found.Shape, Is.EqualTo(expected.Shape), found.Name);
        var shape = expected.Shape;
        var x = found.Span;
        var y = expected.Span;
        // Rows belong to a token: dimension 1, or dimension 2 of [batch, head, query, key].
        var axis = mask is not null && shape.Count == 4 && shape[1] != mask[0].Length ? 2 : 1;
        var width = shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        for (var at = 0; at < x.Length; at++)
        {
            var (sequence, token) = (at / (x.Length / shape[0]), at / width % shape[axis]);
            if ((mask is null || mask[sequence][token] == 1) && !(Math.Abs(x[at] - y[at]) <= tolerance) && !(float.IsNegativeInfinity(x[at]) && float.IsNegativeInfinity(y[at])))
            {
                Assert.Fail($"{found.Name}: element {at} is {x[at]:R}, the reference says {y[at]:R}.");
            }
        }
    }
}
