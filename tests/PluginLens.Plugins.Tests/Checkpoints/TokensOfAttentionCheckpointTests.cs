using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>attention-tokens</c> on every checkpoint equals the formula applied to every cell in float64: all tokens, no envelope, no shared products.</summary>
public sealed class TokensOfAttentionCheckpointTests
{
    private static readonly Prompt[] Prompts = [.. CheckpointModels.Prompts.Take(2).Select((prompt, at) => prompt with { Tokens = prompt.Tokens[..Math.Min(4 - at, prompt.Tokens.Length)] })];

    [Test]
    public void Tokens_OfTheWeightsOwnFactors_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] TokenProjection projection) =>
        AssertTokens(name, new AttentionTokensOptions { Factor = HeadFactoring.Raw, Projection = projection, UnembedBias = projection == TokenProjection.Wo ? OnOff.On : OnOff.Off });

    [TestCase(TokenProjection.Wo, OnOff.Off)]
    [TestCase(TokenProjection.Utils, OnOff.On)]
    public void Tokens_EveryBias_EqualTheFormula(TokenProjection projection, OnOff bias) =>
        AssertTokens("gpt2", new AttentionTokensOptions { Factor = HeadFactoring.Raw, Projection = projection, UnembedBias = bias });

    [Test]
    public void Tokens_AfterTheRotation_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        if (CheckpointModels.Get(name).Config.RotaryDim > 0)
        {
            AssertTokens(name, new AttentionTokensOptions { Rotated = true });
        }
        else
        {
            Assert.That(() => AssertTokens(name, new AttentionTokensOptions { Rotated = true }), Throws.TypeOf<UsageException>().With.Message.Contains("--rotated"));
        }
    }

    [Test]
    public void Tokens_OfSomeHeadsAndComponents_EqualTheFormula() => AssertTokens(
        "gpt2", new AttentionTokensOptions { Factor = HeadFactoring.Raw, Layer = Selection.Parse("-1"), Head = Selection.Parse("1"), Components = [AttentionComponent.Dot, AttentionComponent.V] });

    /// <summary>What is the same whichever factors: the values' tokens through W_O, and those of attention.</summary>
    [TestCase("gpt2")]
    [TestCase("gpt_neo")]
    [TestCase("attn-only-2l")]
    public void Tokens_OfValues_DoNotDependOnTheFactors(string name)
    {
        List<AttentionTokenRow> Rows(HeadFactoring factor) =>
            TestRun.Execute(new TokensOfAttention(), CheckpointModels.Get(name), new AttentionTokensOptions { Factor = factor, Components = [AttentionComponent.V, AttentionComponent.Q] }, Prompts).Rows<AttentionTokenRow>("attention-tokens").ToList();

        var (own, singular) = (Rows(HeadFactoring.Raw), Rows(HeadFactoring.Svd));

        Assert.That(singular.Select(row => row.V), Is.EqualTo(own.Select(row => row.V)));
        Assert.That(singular.Select(row => row.Attn), Is.EqualTo(own.Select(row => row.Attn)));
        Assert.That(singular.Select(row => row.Q), Is.Not.EqualTo(own.Select(row => row.Q)), "the basis counts");
    }

    private static void AssertTokens(string name, AttentionTokensOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        var found = TestRun.Execute(new TokensOfAttention(), model, options, Prompts).Rows<AttentionTokenRow>("attention-tokens").ToList();
        var (weights, at) = (new NaiveWeights(model), 0);
        var hasUnembedding = model.HasWeight("unembed.W_U");
        var vocabulary = hasUnembedding ? weights.Columns("unembed.W_U") : weights.Rows("embed.W_E");
        var bias = options.UnembedBias == OnOff.On && hasUnembedding ? Bias(model, weights, vocabulary) : new double[vocabulary.Length];
        var keep = new TokenFilter().Mask(model);
        foreach (var (prompt, tokens) in Prompts.Select(prompt => prompt.Tokens).Index())
        {
            foreach (var layer in options.Layer.Of(config.NLayers, "layer"))
            {
                var (queries, keys) = options.Rotated ? ("hook_rot_q", "hook_rot_k") : ("hook_q", "hook_k");
                var run = model.Run(new ModelInput(tokens), [.. new[] { queries, keys, "hook_v", "hook_pattern" }.Select(hook => $"blocks.{layer}.attn.{hook}")]);
                foreach (var head in options.Head.Of(config.NHeads, "head"))
                {
                    double[] Vector(string hook, int position, int which) => Array.ConvertAll(run[$"blocks.{layer}.attn.{hook}"][0][position][which].Span.ToArray(), value => (double)value);
                    var (wv, wo, shift) = Factors(model, weights, layer, head);
                    double[] rowSums = [.. wv.Select(row => row.Sum())];
                    double[] columnSums = [.. Enumerable.Range(0, wo[0].Length).Select(column => wo.Sum(row => row[column]))];

                    // Directly as the document writes it: a sum over the head's coordinates, then the unembedding of every token.
                    double[] Scores(double[] c)
                    {
                        double[] r = options.Projection == TokenProjection.Wo
                            ? NaivePatterns.Times(c, wo)
                            : [.. wv.Select((row, d) => NaiveWeights.Dot(row, c) * columnSums[d])];
                        return [.. Written(model, weights, r) is var written ? vocabulary.Select((u, token) => NaiveWeights.Dot(written, u) + bias[token]) : []];
                    }

                    for (var i = 0; i < tokens.Length; i++)
                    {
                        var group = config.KeyValueHeadOf(head);
                        var (q, v) = (Vector(queries, i, head), Vector("hook_v", i, group));
                        for (var j = 0; j < (config.AttentionDir == "causal" ? i + 1 : tokens.Length); j++)
                        {
                            var (row, k) = (found[at++], Vector(keys, j, group));
                            Assert.That((row.Prompt, row.Layer, row.Head, row.I, row.J, row.Input.Id), Is.EqualTo((prompt, layer, head, i, j, tokens[i])));
                            Assert.That(row.Attn, Is.EqualTo(run[$"blocks.{layer}.attn.hook_pattern"][0][head][i].Span[j]));
                            Check(AttentionComponent.Hadamard, row.Hadamard, [.. q.Zip(k, (x, y) => x * y)]);
                            Check(AttentionComponent.Dot, row.Dot, [.. q.Select(_ => NaiveWeights.Dot(q, k))]);
                            Check(AttentionComponent.Q, row.Q, q);
                            Check(AttentionComponent.K, row.K, Vector(keys, i, group));
                            Check(AttentionComponent.V, row.V, [.. v.Zip(shift, (x, y) => x - y)]);
                        }
                    }

                    void Check(AttentionComponent component, Token? token, double[] c)
                    {
                        if (!options.Components.Contains(component))
                        {
                            Assert.That(token, Is.Null);
                            return;
                        }

                        NaiveLists.AssertTop([token!.Value.Id], Scores(c), 1, $"{name} L{layer}H{head} {component}", id => keep?[id] != false, rounding: 2e-5);
                    }
                }
            }
        }

        Assert.That(at, Is.EqualTo(found.Count));
    }

    /// <summary>W_V and W_O of a head with the norm put in, and what processing takes from its values: b_V and the norm's bias.</summary>
    private static (double[][] WV, double[][] WO, double[] Shift) Factors(Model model, NaiveWeights weights, int layer, int head)
    {
        var config = model.Config;
        var name = $"blocks.{layer}.attn.W_V";
        var (wv, wo) = (weights.Head(name, weights.Stored(name, head)), weights.Head($"blocks.{layer}.attn.W_O", head));
        var bias = model.HasWeight($"blocks.{layer}.attn.b_V") ? weights.Rows($"blocks.{layer}.attn.b_V")[weights.Stored($"blocks.{layer}.attn.b_V", head)] : new double[wv[0].Length];
        if (NaiveStates.IsPostNorm(model) || config.NormPlacement == "after" || config.Traits.Contains(Trait.Shortformer))
        {
            return (wv, wo, bias);
        }

        var (gain, shift, centres) = (weights.Vector($"blocks.{layer}.ln1.w"), weights.Vector($"blocks.{layer}.ln1.b"), config.Norm.StartsWith("LN", StringComparison.Ordinal));
        bias = shift is null ? bias : [.. NaivePatterns.Times(shift, wv).Zip(bias, (x, y) => x + y)];
        double[][] read = [.. wv.Select((row, d) => Array.ConvertAll(row, value => value * (gain?[d] ?? 1)))];
        double[] means = [.. Enumerable.Range(0, read[0].Length).Select(column => centres ? read.Average(row => row[column]) : 0)];
        return ([.. read.Select(row => row.Select((value, column) => value - means[column]).ToArray())], [.. wo.Select(row => row.Select(value => value - (centres ? row.Average() : 0)).ToArray())], bias);
    }

    /// <summary>Through the final norm, without scale and bias; models whose norms cannot be put in: as it is.</summary>
    private static double[] Written(Model model, NaiveWeights weights, double[] r)
    {
        var config = model.Config;
        if (NaiveStates.IsPostNorm(model) || config.NormPlacement == "after" || config.Traits.Contains(Trait.Shortformer) || !config.FinalNorm)
        {
            return r;
        }

        var (gain, mean) = (weights.Vector("ln_final.w"), config.Norm.StartsWith("LN", StringComparison.Ordinal) ? r.Average() : 0);
        return [.. r.Select((value, d) => (value - mean) * (gain?[d] ?? 1))];
    }

    private static double[] Bias(Model model, NaiveWeights weights, double[][] vocabulary)
    {
        var norm = weights.Vector("mlm_head.ln.b") ?? (model.Config.FinalNorm && !NaiveStates.IsPostNorm(model) ? weights.Vector("ln_final.b") : null);
        var own = weights.Vector("unembed.b_U") ?? new double[vocabulary.Length];
        double[] bias = [.. vocabulary.Select((u, token) => own[token] + (norm is null ? 0 : NaiveWeights.Dot(norm, u)))];
        var mean = bias.Average();
        return Array.ConvertAll(bias, value => value - mean);
    }
}
