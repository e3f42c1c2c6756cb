using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The lists of <c>head-lens</c> are what <c>((c - mean) / s w) · u_t</c> says of every token in float64, and its parts sum to what the blocks add.</summary>
public sealed class HeadLensCheckpointTests
{
    private const int K = 4;
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<string> PreNormAndFolded => CheckpointModels.PreNorm.Concat(CheckpointModels.Folded);

    private static IEnumerable<HeadLensOptions> Options =>
    [
        new() { Order = RowOrder.Smallest },
        new() { Order = RowOrder.LargestAbsolute },
        new() { HeadsOnly = true, Head = Selection.Parse("1"), Layer = Selection.Parse("-1") },
        new() { OnlyAlnum = true },
    ];

    [Test]
    public void Lists_OfEveryCheckpoint_EqualTheFormula([ValueSource(nameof(PreNormAndFolded))] string name) => AssertLists(name, new HeadLensOptions { Position = Selection.Parse("0,-2") });

    [TestCaseSource(nameof(Options))]
    public void Lists_UnderEveryOption_EqualTheFormula(HeadLensOptions options) => AssertLists("gpt2", options);

    /// <summary>Embedding and all terms together are the final state, so their logits sum to the model's but for what belongs to no term.</summary>
    [Test]
    public void AllTokens_SumOverTerms_IsTheLogit([ValueSource(nameof(PreNormAndFolded))] string name)
    {
        var model = CheckpointModels.Get(name);
        var options = new HeadLensOptions { K = model.Config.DVocab, Padding = Padding.Keep };
        var rows = TestRun.Execute(new HeadLens(), model, options, Prompts[..1]).Rows<WrittenWord>("head-lens");

        var (tokens, weights) = (Prompts[0].Tokens, new NaiveWeights(model));
        var (position, last) = (tokens.Length - 1, $"blocks.{model.Config.NLayers - 1}.hook_resid_post");
        var run = model.Run(new ModelInput(tokens), ["blocks.0.hook_resid_pre", last, "logits"]);
        var (state, read) = (NaiveStates.At(run[last], position), weights.Vocabulary(writes: true));
        var embedding = Written(model, state, NaiveStates.At(run["blocks.0.hook_resid_pre"], position), read);
        var (shift, bias) = (weights.Vector("ln_final.b"), weights.Vector("unembed.b_U"));
        var sums = rows.GroupBy(row => row.Token.Id).ToDictionary(group => group.Key, group => group.Sum(row => row.Score));
        var logits = NaiveStates.At(run["logits"], position);
        Assert.That(sums, Has.Count.EqualTo(logits.Length));
        for (var token = 0; token < logits.Length; token++)
        {
            var logit = model.Config.OutputLogitsSoftCap is { } cap ? cap * Math.Atanh(logits[token] / cap) : logits[token];
            Assert.That(
                sums[token] + embedding[token] + (shift is null ? 0 : NaiveWeights.Dot(shift, read[token])) + (bias?[token] ?? 0), Is.EqualTo(logit).Within(1e-4 * Math.Max(1, logits.Max(Math.Abs))), $"token {token}");
        }
    }

    private static void AssertLists(string name, HeadLensOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        var rows = TestRun.Execute(new HeadLens(), model, options with { K = K }, Prompts).Rows<WrittenWord>("head-lens");
        var (weights, mask, lists) = (new NaiveWeights(model), options.Mask(model), 0);
        var read = weights.Vocabulary(writes: true);
        foreach (var list in rows.Chunk(K))
        {
            var (at, tokens) = (list[0], Prompts[list[0].Prompt].Tokens);
            string block = $"blocks.{at.Layer}.", last = $"blocks.{config.NLayers - 1}.hook_resid_post", scale = block + "ln1_post.hook_scale";
            string[] hooks = [last, block + "attn.hook_z", .. config.AttnOnly ? [] : new[] { block + "hook_mlp_out" }, .. model.Hooks.ContainsKey(scale) ? new[] { scale } : []];
            var run = model.Run(new ModelInput(tokens), hooks);
            var term = at.Kind switch
            {
                ContributionKind.Mlp => NaiveStates.At(run[block + "hook_mlp_out"], at.Position),
                ContributionKind.AttentionBias => weights.Vector(block + "attn.b_O")!,
                _ => NaivePatterns.Times(NaiveStates.At(run[block + "attn.hook_z"], at.Position)[(at.Head!.Value * config.DHead)..((at.Head.Value + 1) * config.DHead)], weights.Head(block + "attn.W_O", at.Head.Value)),
            };
            if (at.Kind != ContributionKind.Mlp && model.Hooks.ContainsKey(scale))
            {
                var gain = weights.Vector(block + "ln1_post.w")!;
                term = [.. term.Select((value, column) => value / NaiveStates.At(run[scale], at.Position)[0] * gain[column])];
            }

            var scores = Written(model, NaiveStates.At(run[last], at.Position), term, read);
            var sign = options.Order == RowOrder.Smallest ? -1 : 1;
            var ranked = Array.ConvertAll(scores, score => options.Order == RowOrder.LargestAbsolute ? Math.Abs(score) : sign * score);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), ranked, K, $"{at}", id => mask?[id] != false,
                list.Select(row => options.Order == RowOrder.LargestAbsolute ? Math.Abs(row.Score) : sign * row.Score), rounding: 1e-4);
            Assert.That(list.Select(row => row.Score), Is.EqualTo(list.Select(row => scores[row.Token.Id])).Within(1e-4));
            Assert.That(at.Input.Id, Is.EqualTo(tokens[at.Position]));
            lists++;
        }

        var perLayer = options.Head.Of(config.NHeads, "head").Count + (options.HeadsOnly ? 0 : (config.AttnOnly ? 0 : 1) + (model.HasWeight("blocks.0.attn.b_O") ? 1 : 0));
        Assert.That(lists, Is.EqualTo(Prompts.Sum(prompt => options.Position.Of(prompt.Tokens.Length, "position").Count) * options.Layer.Of(config.NLayers, "layer").Count * perLayer));
    }

    /// <summary><c>((c - mean) / s w) · u_t</c> for every token, s the scale of the state.</summary>
    private static double[] Written(Model model, double[] state, double[] term, double[][] read)
    {
        var centre = model.Config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : 1;
        var scale = Math.Sqrt(state.Average(value => Math.Pow(value - (centre * state.Average()), 2)) + model.Config.Eps);
        var gain = new NaiveWeights(model).Vector("ln_final.w");
        double[] normed = [.. term.Select((value, at) => (value - (centre * term.Average())) / scale * (gain?[at] ?? 1))];
        return Array.ConvertAll(read, token => NaiveWeights.Dot(normed, token));
    }
}
