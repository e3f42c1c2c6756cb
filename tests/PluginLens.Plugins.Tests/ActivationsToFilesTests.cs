using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>activations</c> as every analysis.</summary>
public sealed class ActivationsToFilesTests : AnalysisTests<ActivationsToFiles>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new ActivationOptions { Hooks = ["blocks.0.hook_resid_pre"] }, CheckpointModels.Prompts),
        new(Gpt2, new ActivationOptions { Hooks = ["blocks.1.hook_resid_post"] }, CheckpointModels.Prompts),
        new(Gpt2, new ActivationOptions { Hooks = ["all"] }, CheckpointModels.Prompts),
    ];

    protected override IEnumerable<Example> OtherRuns => [new(Gpt2, new ActivationOptions { Weights = ["ln_final.*"] })];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void Weights_AreFloat32UnderTheirNames_WhateverTheFolderStores([Values("gpt2", "gpt2 --dtype float16")] string name)
    {
        var model = CheckpointModels.Get(name);
        var file = TestRun.Execute(new ActivationsToFiles(), model, new ActivationOptions { Weights = ["blocks.*.attn.W_O", "ln_final.*", "unembed.W_U"] }).Files["weights.safetensors"];
        var length = (int)BitConverter.ToInt64(file);
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        string[] expected = ["ln_final.b", "ln_final.w", "unembed.W_U", .. Enumerable.Range(0, model.Config.NLayers).Select(layer => $"blocks.{layer}.attn.W_O")];

        Assert.That(header.Select(entry => entry.Key), Is.EquivalentTo(expected));
        foreach (var (key, entry) in header)
        {
            var weight = model.Weight(key);
            var (begin, end) = ((int)entry!["data_offsets"]![0]!, (int)entry["data_offsets"]![1]!);
            Assert.That((string?)entry["dtype"], Is.EqualTo("F32"));
            Assert.That(entry["shape"]!.AsArray().Select(extent => (int)extent!), Is.EqualTo(weight.Shape));
            Assert.That(MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + length + begin, end - begin)).ToArray(), Is.EqualTo(weight.Data.ToArray()), key);
        }
    }

    [Test]
    public void Tokens_StandBesideTheTensors_PositionByPosition()
    {
        var model = Gpt2();
        var results = TestRun.Execute(new ActivationsToFiles(), model, new ActivationOptions { Hooks = ["blocks.0.hook_resid_pre"] }, CheckpointModels.Prompts);

        Assert.That(results.Rows<ActivationToken>("tokens"), Is.EqualTo(
            from prompt in CheckpointModels.Prompts.Index() from token in prompt.Item.Tokens.Index() select new ActivationToken(prompt.Index, token.Index, model.Token(token.Item))));
        Assert.That(results.Rows<ActivationFile>("files").Select(file => file.Content), Is.All.EqualTo("1 tensor"));
    }

    [Test]
    public void WeightsAsNpy_AreAFileEach_AndPromptsAreStillRead()
    {
        var results = TestRun.Execute(new ActivationsToFiles(), Gpt2(), new ActivationOptions { Weights = ["ln_final.*"], Hooks = ["logits"], As = ActivationFormat.Npy }, CheckpointModels.Prompts);

        Assert.That(results.Files.Keys, Is.EquivalentTo(new[] { "ln_final.w.npy", "ln_final.b.npy", "logits-0.npy", "logits-1.npy" }));
        Assert.That(results.Files["ln_final.w.npy"][..6], Is.EqualTo(new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y' }));
    }

    [Test]
    public void UnknownWeight_IsRefusedInOneLine() => Assert.That(
        () => TestRun.Execute(new ActivationsToFiles(), Gpt2(), new ActivationOptions { Weights = ["blocks.*.attn.W_X"] }),
        Throws.TypeOf<UsageException>().With.Message.StartsWith("--weights 'blocks.*.attn.W_X': no such weight in model").And.Message.Not.Contains("\n"));
}
