using System.Text.Json.Nodes;
using PluginLens.Models.Format;
using PluginLens.Models.Verification;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Stitching;

/// <summary>A stitched folder computes what the two models compute when the donor's mapped state is fed to the receiver.</summary>
public sealed class StitchedFolderTests
{
    private static readonly OpenOptions Options = new() { Device = Device.Cpu };
    private static readonly ModelInput Input = new(5, 17, 300, 41, 8);
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pluginlens-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    // Widths 28, 32 and 48; norms before, after and around the sublayers; tied and not; learned, rotary and windowed attention.
    [TestCase("phi3", "qwen2", 2, 2, false, false)]
    [TestCase("phi3", "qwen2", 0, 3, true, false)]
    [TestCase("qwen2", "gpt2", 2, 1, true, true)]
    [TestCase("qwen2", "gpt2", 0, 3, false, true)]
    [TestCase("gpt2", "gpt2", 3, 2, true, false)]
    [TestCase("openai-gpt", "gpt2", 2, 2, false, false)]
    [TestCase("phi3", "openai-gpt", 1, 2, true, true)]
    [TestCase("gpt_neox", "llama", 2, 2, true, false)]
    [TestCase("phi3", "gpt_neo", 1, 3, true, true)]
    [TestCase("phi3", "gemma2", 1, 3, false, false)]
    [TestCase("gemma2", "opt", 2, 1, true, true)]
    [TestCase("phi3", "attn-only-shortformer", 1, 1, false, false)]
    [TestCase("bert", "roberta", 2, 1, false, true)]
    [TestCase("bert", "roberta", 0, 2, false, false)]
    [TestCase("bert", "bert", 0, 1, false, true)]
    [TestCase("bert", "bert", 1, 2, false, true)]
    public void Written_Runs_AsTheSweepDoes(string first, string second, int blocks, int last, bool lnF, bool addPositions) =>
        Check(ExportedFixtures.Get(first), ExportedFixtures.Get(second), blocks, last, lnF, addPositions);

    [TestCase("float16")]
    [TestCase("bfloat16")]
    public void Written_OfHalfPrecision_IsWidenedAndRunsAsTheSweepDoes(string type)
    {
        Check(ExportedFixtures.Get("qwen2", "--dtype", type), ExportedFixtures.Get("gpt2", "--dtype", type), 2, 2, lnF: true, addPositions: true);
        Remove();
        MakeFolder();
        Check(ExportedFixtures.Get("bert", "--dtype", type), ExportedFixtures.Get("bert", "--dtype", type), 1, 1, lnF: false, addPositions: true);
        Remove();
        MakeFolder();
        Check(ExportedFixtures.Get("phi3"), ExportedFixtures.Get("gpt2", "--dtype", type), 0, 1, lnF: false, addPositions: false);
    }

    [Test]
    public void Written_OfFoldedModels_KeepsTheReceiversProcessing()
    {
        string[] folded = ["--transformer-lens-defaults"];
        Check(ExportedFixtures.Get("gpt2", folded), ExportedFixtures.Get("gpt2", folded), 1, 2, lnF: true, addPositions: false);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Written_GivenAgain_IsADonorAndAReceiver(bool asDonor)
    {
        using var donor = ModelFolder.Open(ExportedFixtures.Get("qwen2"), Options);
        using var receiver = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Options);
        var once = Path.Combine(_folder, "once");
        receiver.WriteStitched(once, Seam(donor, receiver, 1, 2, lnF: true, addPositions: true));

        Check(asDonor ? once : ExportedFixtures.Get("phi3"), asDonor ? ExportedFixtures.Get("gpt_neo") : once, 1, 1, lnF: true, addPositions: !asDonor);
    }

    [Test]
    public void Written_FromAViewWithOtherWeights_HoldsThoseWeights()
    {
        using var donor = ModelFolder.Open(ExportedFixtures.Get("qwen2"), Options);
        using var receiver = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Options);
        var output = receiver.Weight("blocks.2.mlp.W_out");
        using var view = receiver.WithWeights(new Dictionary<string, Tensor> { ["blocks.2.mlp.W_out"] = new("half", output.Data.ToArray().Select(x => x / 2).ToArray(), [.. output.Shape]) });
        var path = Path.Combine(_folder, "changed");
        var seam = Seam(donor, receiver, 1, 1, lnF: false, addPositions: false);

        view.WriteStitched(path, seam);

        using var written = ModelFolder.Open(path, Options);
        Assert.That(written.Weight("blocks.0.mlp.W_out").Span[3], Is.EqualTo(output.Span[3] / 2));
        Assert.That(Logits(written), Is.EqualTo(Swept(donor, view, seam)["logits"].Data.ToArray()).Within(1e-5));
        Assert.That(written.Config.Metadata["stitched"], Does.Contain(receiver.Sha256).And.Contain("changed_from_sha256"));
    }

    [Test]
    public void Written_Metadata_SayWhatItIs()
    {
        using var written = Write("phi3", "gpt_neo", 1, 3, lnF: false, addPositions: false);
        var (config, facts) = (written.Config, JsonNode.Parse(written.Config.Metadata["stitched"])!);

        Assert.That((config.NLayers, config.DModel, config.Positions, config.NCtx), Is.EqualTo((3, 32, "none", 48)));
        Assert.That(config.WindowSize, Has.Count.EqualTo(3));
        Assert.That(config.Traits, Does.Contain(Trait.Stitched).And.Contain(Trait.NoPositionEmbeddings).And.Contain(Trait.Tied));
        Assert.That(written.Hooks.Keys, Does.Contain("donor.blocks.0.attn.hook_pattern").And.Contain("hook_embed").And.Not.Contain("hook_pos_embed").And.Not.Contain("donor.blocks.1.hook_resid_pre"));
        Assert.That(written.WeightNames, Does.Contain("embed.W_E").And.Contain("stitch.K").And.Contain("donor.embed.W_E").And.Not.Contain("pos_embed.W_pos"));
        Assert.That(((string?)facts["donor"]!["name"], (string?)facts["receiver"]!["name"], (int)facts["blocks"]!, (int)facts["last"]!, (bool)facts["map_note"]!), Is.EqualTo(("phi3", "gpt_neo", 1, 3, true)));
        Assert.That(PublishedValues.NameOf(config), Is.Null);
        Assert.That(written.Tokenizer!.Count, Is.EqualTo(512));
    }

    [Test]
    public void Written_EncoderWithPositions_HasWhatItsEmbeddingIsMadeOf()
    {
        using var written = Write("bert", "bert", 1, 1, lnF: false, addPositions: true);
        string[] parts = ["pos_embed.W_pos", "token_type_embed.W_token_type", "embed.ln.w", "embed.ln.b"];

        Assert.That(written.WeightNames, Is.SupersetOf(parts));
        Assert.That(written.Hooks.Keys, Is.SupersetOf(new[] { "hook_pos_embed", "hook_token_type_embed", "hook_full_embed", "embed.ln.hook_scale" }));
        float[] Types(int type) => written.Run(new ModelInput(Input.Tokens[0]) { TokenTypeIds = [[.. Input.Tokens[0].Select(_ => type)]] }, ["hook_token_type_embed"])["hook_token_type_embed"].Data.ToArray();
        Assert.That(Types(1)[..4], Is.EqualTo(written.Weight("token_type_embed.W_token_type")[1].Span[..4].ToArray()), "the receiver's segments are read");
    }

    [Test]
    public void Run_EncoderWithPadding_ReadsTheMaskOnBothSidesOfTheSeam()
    {
        using var written = Write("bert", "roberta", 2, 2, lnF: false, addPositions: false);
        int[] mask = [1, 1, 1, 0, 0];
        var input = new ModelInput([Input.Tokens[0], [5, 17, 300, 99, 100]], [mask, mask]);

        var logits = written.Run(input, ["logits"])["logits"];

        var width = logits.Shape[2];
        Assert.That(logits[1].Span[..(3 * width)].ToArray(), Is.EqualTo(logits[0].Span[..(3 * width)].ToArray()).Within(1e-6), "what stands under the padding is not read");
    }

    [Test]
    public void Run_TokenThatTheDonorDoesNotEmbed_IsRefused()
    {
        using var written = Write("gpt2", "gpt2", 0, 1, lnF: false, addPositions: false);

        Assert.That(() => written.Run(new ModelInput(512), ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("expected 0 to 511"));
    }

    [TestCase("bert", "gpt2", 1, 1, "attention is bidirectional")]
    [TestCase("gpt2", "gpt_neox", 1, 1, "token ids, the donor embeds 512")]
    [TestCase("gpt2", "llama", 4, 1, "3 blocks, the seam is after 4")]
    [TestCase("gpt2", "gpt2", 1, 9, "9 are asked for")]
    public void Write_WhatOneFolderCannotSay_IsRefusedInOneLine(string first, string second, int blocks, int last, string why)
    {
        Assert.That(() => Write(first, second, blocks, last, false, false), Throws.TypeOf<ModelException>().With.Message.Contain(why).And.Message.Not.Contain("\n"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    [Test]
    public void Write_ExistingFolder_IsLeftAlone()
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Options);

        Assert.That(() => model.WriteStitched(_folder, Seam(model, model, 1, 1, false, false)), Throws.TypeOf<ModelException>().With.Message.Contain("exists"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    private void Check(string first, string second, int blocks, int last, bool lnF, bool addPositions)
    {
        using var donor = ModelFolder.Open(first, Options);
        using var receiver = ModelFolder.Open(second, Options);
        var seam = Seam(donor, receiver, blocks, last, lnF, addPositions);
        var path = Path.Combine(_folder, "stitched");
        receiver.WriteStitched(path, seam);
        using var written = ModelFolder.Open(path, Options);

        var swept = Swept(donor, receiver, seam);
        var found = written.Run(Input, [.. written.Hooks.Keys]);

        var start = receiver.Config.NLayers - last;
        foreach (var (hook, expected) in swept)
        {
            var name = hook.StartsWith("blocks.", StringComparison.Ordinal) ? $"blocks.{int.Parse(hook.Split('.')[1]) - start}.{string.Join('.', hook.Split('.')[2..])}" : hook;
            var largest = expected.Data.ToArray().Where(float.IsFinite).Select(Math.Abs).Append(1).Max();
            Assert.That(found[name].Data.ToArray(), Is.EqualTo(expected.Data.ToArray()).Within(2e-5 * largest), hook);
        }

        Assert.That(written.Hooks.Keys.Where(hook => hook.StartsWith("blocks.", StringComparison.Ordinal)).Count(), Is.EqualTo(swept.Keys.Count(hook => hook.StartsWith("blocks.", StringComparison.Ordinal))));
        var report = ModelVerification.Run(written);
        Assert.That(report.Checks.Where(check => !check.Passed), Is.Empty);
        Assert.That(report.Checks.Select(check => check.Name), Has.Some.Contains("seam"));
        Assert.That(written.Config.Processing, Is.EqualTo(receiver.Config.Processing));
        Assert.That(written.WE.Data.ToArray(), Is.EqualTo(receiver.WE.Data.ToArray()));
    }

    private OnnxModel Write(string first, string second, int blocks, int last, bool lnF, bool addPositions)
    {
        using var donor = ModelFolder.Open(ExportedFixtures.Get(first), Options);
        using var receiver = ModelFolder.Open(ExportedFixtures.Get(second), Options);
        var path = Path.Combine(_folder, "stitched");
        receiver.WriteStitched(path, Seam(donor, receiver, blocks, last, lnF, addPositions));
        return ModelFolder.Open(path, Options);
    }

    /// <summary>What a sweep does, with every hook of the receiver from its first kept block on.</summary>
    private static Dictionary<string, Tensor> Swept(Model donor, Model receiver, Seam seam)
    {
        var state = PluginLens.Seam.StateOf(donor.Config, seam.Blocks);
        var states = donor.Run(Input, [state])[state][0].AsMatrix();
        var (length, width) = (states.Rows, receiver.Config.DModel);
        var mapped = new float[length * width];
        for (var row = 0; row < length; row++)
        {
            var x = seam.LnF ? Normed(donor, states.Row(row)) : Array.ConvertAll(states.Row(row).ToArray(), value => (double)value);
            for (var column = 0; column < width; column++)
            {
                mapped[(row * width) + column] = (float)x.Select((value, at) => value * seam.Map.Row(at)[column]).Sum();
            }

            if (seam.AddPositions)
            {
                Embed(receiver, row, mapped.AsSpan(row * width, width));
            }
        }

        var first = receiver.Config.NLayers - seam.Last;
        var entry = $"blocks.{first}.hook_resid_pre";
        string[] hooks = [.. receiver.Hooks.Keys.Where(hook => hook.StartsWith("ln_final", StringComparison.Ordinal) || hook == "logits"
            || (hook.StartsWith("blocks.", StringComparison.Ordinal) && int.Parse(hook.Split('.')[1]) >= first))];
        var results = receiver.Run(Input with { Replace = new Dictionary<string, Tensor> { [entry] = new(entry, mapped, 1, length, width) } }, hooks);
        return hooks.ToDictionary(hook => hook, hook => results[hook]);
    }

    /// <summary>What the receiver does to a token's embedding, in float64: its position, token type 0 and the norm over all, where it has them.</summary>
    private static void Embed(Model receiver, int position, Span<float> state)
    {
        var sum = Array.ConvertAll(state.ToArray(), value => (double)value);
        Float64.Add(receiver.Weight("pos_embed.W_pos").AsMatrix().Row(position), sum);
        if (receiver.HasWeight("token_type_embed.W_token_type"))
        {
            Float64.Add(receiver.Weight("token_type_embed.W_token_type").AsMatrix().Row(0), sum);
        }

        if (receiver.HasWeight("embed.ln.w"))
        {
            Float64.Norm(receiver, "embed.ln", sum);
        }

        for (var at = 0; at < state.Length; at++)
        {
            state[at] = (float)sum[at];
        }
    }

    private static double[] Normed(Model donor, ReadOnlySpan<float> state)
    {
        var row = Array.ConvertAll(state.ToArray(), value => (double)value);
        Float64.Norm(donor, "ln_final", row);
        return row;
    }

    private static Seam Seam(Model donor, Model receiver, int blocks, int last, bool lnF, bool addPositions)
    {
        var random = new Random(3);
        var map = Enumerable.Range(0, donor.Config.DModel * receiver.Config.DModel).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        return new Seam
        {
            Donor = donor,
            Blocks = blocks,
            Map = new Matrix(map, donor.Config.DModel, receiver.Config.DModel),
            Last = last,
            LnF = lnF,
            AddPositions = addPositions,
            Facts = new Dictionary<string, string> { ["map_note"] = "true" },
        };
    }

    private static float[] Logits(Model model) => model.Run(Input, ["logits"])["logits"].Data.ToArray();
}
