using PluginLens.Models;
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

    /// <summary>Every tensor of a checkpoint's reference that the model has a hook for, within a tolerance where the mask is one.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tolerance">Largest difference.</param>
    /// <param name="differs">Endings of hooks that another form of the same model has in another shape.</param>
    public void AssertEqualsReference(string checkpoint, float tolerance, params string[] differs)
    {
        foreach (var file in new[] { "activations", "one_token", "full_context" })
        {
            var reference = new SafetensorsFile(Path.Combine(Repository.Checkpoints, checkpoint, "reference", $"{file}.safetensors"));
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
        var reference = new SafetensorsFile(Path.Combine(Repository.Checkpoints, checkpoint, "reference", "activations.safetensors"));
        return Model.Run(Input(reference), ["logits"])["logits"];
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
