using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>Activations that are fed in part.</summary>
public sealed class OverlayTests
{
    private static readonly int[] Tokens = [7, 3, 11, 200, 3];

    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), new OpenOptions { Device = Device.Cpu });

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    /// <summary>The example of docs/writing-a-plugin.md: a head without z is a head without W_O.</summary>
    [Test]
    public void EachHeadSilent_EqualsTheModelWithoutItsOutputMatrix([Values(0, 1)] int layer)
    {
        var rows = EachHeadSilent(_model, Tokens, layer)["logits"];

        for (var head = 0; head < _model.Config.NHeads; head++)
        {
            var output = _model.Weight($"blocks.{layer}.attn.W_O");
            var data = output.Data.ToArray();
            data.AsSpan(head * data.Length / _model.Config.NHeads, data.Length / _model.Config.NHeads).Clear();
            using var without = _model.WithWeights(new Dictionary<string, Tensor> { [output.Name] = new(output.Name, data, [.. output.Shape]) });
            Assert.That(rows[head].Data.ToArray(), Is.EqualTo(without.Run(new ModelInput(Tokens), ["logits"])["logits"].Data.ToArray()).Within(1e-5f), $"head {head}");
        }
    }

    [Test]
    public void Overlay_OfNothing_ChangesNoBit()
    {
        var hooks = _model.Hooks.Keys.Where(hook => hook.StartsWith("blocks.", StringComparison.Ordinal) && !hook.EndsWith("hook_result", StringComparison.Ordinal)).ToList();
        var expected = _model.Run(new ModelInput(Tokens), ["logits"])["logits"].Data.ToArray();
        var whole = _model.Run(new ModelInput(Tokens), hooks);

        foreach (var hook in hooks)
        {
            var nothing = new Tensor(hook, Enumerable.Repeat(float.NaN, whole[hook].Data.Length).ToArray(), [.. whole[hook].Shape]);
            Assert.That(With(hook, nothing), Is.EqualTo(expected), hook);
            Assert.That(With(hook, whole[hook]), Is.EqualTo(expected), hook);
        }

        float[] With(string hook, Tensor overlay) => _model.Run(new ModelInput(Tokens) { Overlay = new Dictionary<string, Tensor> { [hook] = overlay } }, ["logits"])["logits"].Data.ToArray();
    }

    [Test]
    public void Overlay_ThatIsAskedFor_IsSeenWithWhatWasFed()
    {
        const string Hook = "blocks.1.hook_mlp_out";
        var width = _model.Config.DModel;
        var overlay = Enumerable.Repeat(float.NaN, Tokens.Length * width).ToArray();
        overlay[(2 * width) + 5] = 0.25f;
        var computed = _model.Run(new ModelInput(Tokens), [Hook])[Hook].Data.ToArray();

        var run = _model.Run(new ModelInput(Tokens) { Overlay = new Dictionary<string, Tensor> { [Hook] = new(Hook, overlay, 1, Tokens.Length, width) } }, [Hook, "logits"]);

        computed[(2 * width) + 5] = 0.25f;
        Assert.That(run[Hook].Data.ToArray(), Is.EqualTo(computed));
    }

    [TestCase("blocks.1.hook_mlp_out", "cannot overlay 'blocks.1.hook_mlp_out': it does not lead to blocks.0.hook_resid_post")]
    [TestCase("blocks.0.hook_resid_pre", "'blocks.0.hook_resid_pre' is both replaced and overlaid")]
    [TestCase("blocks.0.hook_mlp_out", "The overlay of 'blocks.0.hook_mlp_out' has shape [1, 4, 32]; expected [batch = 1, pos = 5, 32]")]
    public void Overlay_ThatCannotWork_IsRefused(string hook, string why)
    {
        var states = new Tensor("x", new float[Tokens.Length * 32], 1, Tokens.Length, 32);
        var input = new ModelInput(Tokens)
        {
            Replace = new Dictionary<string, Tensor> { ["blocks.0.hook_resid_pre"] = states },
            Overlay = new Dictionary<string, Tensor> { [hook] = new("y", new float[4 * 32], 1, 4, 32) },
        };

        Assert.That(() => _model.Run(input, ["blocks.0.hook_resid_post"]), Throws.TypeOf<ModelException>().With.Message.Contains(why));
    }

    /// <summary>Who asks for a hook by name and is wrong is told so: the model is not to blame.</summary>
    [Test]
    public void Overlay_OfAnUnknownHook_IsTheCallersFault() => Assert.That(
        () => _model.Run(new ModelInput(Tokens) { Overlay = new Dictionary<string, Tensor> { ["blocks.1.hook_nothing"] = new("y", new float[Tokens.Length * 32], 1, Tokens.Length, 32) } }, ["logits"]),
        Throws.ArgumentException.With.Message.Contains("found 'blocks.1.hook_nothing'"));

    /// <summary>One pass for all heads of a layer: in row h of the batch head h says nothing.</summary>
    private static Activations EachHeadSilent(Model model, int[] tokens, int layer)
    {
        var (z, heads, width) = ($"blocks.{layer}.attn.hook_z", model.Config.NHeads, model.Config.DHead);
        var overlay = new float[heads * tokens.Length * heads * width]; // [batch, pos, h, dh]
        Array.Fill(overlay, float.NaN);
        for (var head = 0; head < heads; head++)
        {
            for (var position = 0; position < tokens.Length; position++)
            {
                overlay.AsSpan(((((head * tokens.Length) + position) * heads) + head) * width, width).Clear();
            }
        }

        var input = new ModelInput([.. Enumerable.Repeat(tokens, heads)], null) { Overlay = new Dictionary<string, Tensor> { [z] = new(z, overlay, heads, tokens.Length, heads, width) } };
        return model.Run(input, ["logits"]);
    }
}
