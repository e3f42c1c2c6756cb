using PluginLens.Models.Format.Proto;
using PluginLens.Models.Sessions;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>Slices hold what they need and no more; many threads and many sessions do no harm; device and padding rules.</summary>
public sealed class SliceTests
{
    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), new OpenOptions { Device = Device.Auto });

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    [Test]
    public void Cut_EarlyHook_LeavesOutLaterNodesAndWeights()
    {
        var whole = Proto();
        var slice = Cut(whole, ["blocks.0.hook_resid_mid"], []);

        Assert.That(slice.Model.Graph.Node, Has.Count.LessThan(whole.Graph.Node.Count / 2));
        Assert.That(slice.Weights, Does.Contain("blocks.0.attn.W_O").And.Not.Contain("blocks.0.mlp.W_in").And.Not.Contain("unembed.W_U"));
        Assert.That(slice.Inputs, Is.EqualTo(new[] { "input_ids" }));
    }

    /// <summary>The model is as it says; the caller is wrong.</summary>
    [Test]
    public void Run_HookThatThereIsNot_IsTheCallersFault() => Assert.That(
        () => _model.Run(new ModelInput(1, 2), ["blocks.0.hook_resid_psot"]),
        Throws.TypeOf<ArgumentException>().With.Message.Contains("found 'blocks.0.hook_resid_psot'; did you mean 'blocks.0.hook_resid_post'"));

    [Test]
    public void Cut_StartingAtTheLastBlock_NeedsNoTokens()
    {
        var slice = Cut(Proto(), ["logits"], ["blocks.1.hook_resid_pre"]);

        Assert.That(slice.Inputs, Is.Empty);
        Assert.That(slice.Weights, Has.None.StartWith("blocks.0.").And.None.StartWith("pos_embed."));
    }

    [Test]
    public void Run_FromManyThreadsWithMoreSessionsThanAreKept_GivesTheSameNumbers()
    {
        string[] hooks = [.. _model.Hooks.Keys.Where(hook => hook.Contains("resid") || hook.Contains("attn_out") || hook.Contains("mlp_out") || hook.Contains("hook_z"))];
        var input = new ModelInput(5, 6, 7, 8);
        var expected = _model.Run(input, hooks);

        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4 }, at =>
        {
            var hook = hooks[at % hooks.Length];
            Assert.That(_model.Run(input, [hook])[hook].Data.ToArray(), Is.EqualTo(expected[hook].Data.ToArray()), hook);
        });
    }

    [Test]
    public void Weight_AfterDisposal_IsAnErrorAndNoCrash()
    {
        var model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), new OpenOptions { Device = Device.Cpu });
        var weight = model.Weight("embed.W_E");
        model.Dispose();

        Assert.That(() => weight.Span.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => model.Run(new ModelInput(1), ["logits"]), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Run_PaddingOnTheLeftOfADecoder_IsRefused()
    {
        int[][] tokens = [[1, 2, 3]];

        Assert.That(() => _model.Run(new ModelInput(tokens, [[0, 1, 1]]), ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("pad on the right"));
        Assert.That(_model.Run(new ModelInput(tokens, [[1, 1, 0]]), ["logits"])["logits"].Shape, Is.EqualTo(new[] { 1, 3, 512 }));
    }

    [Test]
    public void Run_RowsOfDifferentLength_AreRefused() =>
        Assert.That(() => _model.Run(new ModelInput([[1, 2], [3]], null), ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("one length"));

    [Test]
    public void Run_ReplacementOfAnotherLengthThanTheTokens_IsRefused()
    {
        var replace = new Dictionary<string, Tensor> { ["blocks.0.hook_mlp_out"] = new("x", new float[2 * 32], 1, 2, 32) };

        Assert.That(() => _model.Run(new ModelInput(1, 2, 3) { Replace = replace }, ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("expected [batch = 1, pos = 3, 32]"));
    }

    [Test]
    public void Run_ReplacementWithNaN_NamesTheHook()
    {
        var replace = new Dictionary<string, Tensor> { ["blocks.1.hook_resid_pre"] = new("x", Enumerable.Repeat(float.NaN, 64).ToArray(), 1, 2, 32) };

        Assert.That(() => _model.Run(new ModelInput(1, 2) { Replace = replace }, ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("NaN at 'logits'"));
    }

    [Test]
    public void Try_Cuda_WorksOrSaysWhy()
    {
        var auto = DeviceChoice.Try(Device.Auto);

        Assert.That(auto.UsesCuda, Is.EqualTo(auto.Reason is null));
        if (!auto.UsesCuda)
        {
            Assert.That(auto.Reason, Is.Not.Empty.And.Not.Contain("\n"));
            Assert.That(() => DeviceChoice.Try(Device.Cuda), Throws.TypeOf<ModelException>().With.Message.Contain("--device cuda").And.Message.Not.Contain("\n"));
        }
    }

    [TestCase("float16")]
    [TestCase("bfloat16")]
    public void Run_HalfPrecision_EqualsTheWidenedModel(string dtype)
    {
        using var half = ModelFolder.Open(ExportedFixtures.Get("gpt2", "--dtype", dtype), new OpenOptions { Device = Device.Cpu });
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        foreach (var name in half.WeightNames.Where(name => name != "unembed.W_U"))
        {
            copy.Overwrite(name, half.Weight(name).Span);
        }

        using var widened = ModelFolder.Open(copy.Path, new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Report });
        var input = new ModelInput(1, 2, 3, 400);

        Assert.That(half.Run(input, ["logits"])["logits"].Data.ToArray(), Is.EqualTo(widened.Run(input, ["logits"])["logits"].Data.ToArray()));
        Assert.That(new FileInfo(Path.Combine(half.Folder, "model.onnx.data")).Length, Is.LessThan(new FileInfo(copy.Of("model.onnx.data")).Length * 0.55));
    }

    private ModelProto Proto() => ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(_model.Folder, "model.onnx")));

    private GraphSlice Cut(ModelProto whole, string[] wanted, string[] fed) => GraphSlice.Cut(whole, wanted, fed, [], _model.HasWeight);
}
