namespace PluginLens.Plugins.Attribution;

/// <summary>The terms that sum to the final state of the residual stream, each read as what it adds to a logit.</summary>
internal sealed class StreamTerms
{
    private readonly Model _model;
    private readonly Compute _compute;
    private readonly AttributionUnit _by;
    private readonly bool _hasPositions;

    /// <summary>Looks at what the model has.</summary>
    /// <param name="model">The model.</param>
    /// <param name="compute">The compute service.</param>
    /// <param name="by">What terms are split into.</param>
    /// <exception cref="UsageException">The model has no such terms.</exception>
    public StreamTerms(Model model, Compute compute, AttributionUnit by)
    {
        (_model, _compute, _by) = (model, compute, by);
        var config = model.Config;
        if (by != AttributionUnit.Component && config.Traits.Contains(Trait.SublayerNorm))
        {
            throw new UsageException($"--by {$"{by}".ToLowerInvariant()}: in model '{config.Name}' a norm stands between heads or neurons and the stream; use --by component.");
        }

        if (by == AttributionUnit.Neuron && config.Traits.Contains(Trait.Experts))
        {
            throw new UsageException($"--by neuron: the neurons of model '{config.Name}' belong to experts; use --by head or component.");
        }

        _hasPositions = HasPositions(model);
    }

    /// <summary>Whether what enters block 0 is the sum of token and position embeddings: not where a norm follows it.</summary>
    /// <param name="model">The model.</param>
    public static bool HasPositions(Model model) =>
        model.Config.Positions == "learned" && !model.HasWeight("embed.ln.w") && model.Hooks.ContainsKey("hook_embed") && model.Hooks.ContainsKey("hook_pos_embed");

    private ModelConfig Config => _model.Config;

    private bool Heads => _by != AttributionUnit.Component;

    private bool Neurons => _by == AttributionUnit.Neuron;

    /// <summary>The activations that the terms are made of.</summary>
    public IEnumerable<string> Hooks
    {
        get
        {
            var start = _hasPositions ? new[] { "hook_embed", "hook_pos_embed" } : ["blocks.0.hook_resid_pre"];
            return start.Concat(Enumerable.Range(0, Config.NLayers).SelectMany(layer => Config.AttnOnly ? new[] { Attention(layer) } : [Attention(layer), Mlp(layer)]));
        }
    }

    /// <summary>How many terms there are at most.</summary>
    /// <param name="neurons">Neurons listed for each layer.</param>
    public double Most(int neurons) => 4 + (Config.NLayers * (2.0 + (Heads ? Config.NHeads : 1) + (Neurons ? Math.Min(neurons, Config.DMlp) + 1 : 1)));

    /// <summary>The terms at a position, in the order in which they are added to the stream.</summary>
    /// <param name="run">The activations, batch of one.</param>
    /// <param name="position">Position.</param>
    /// <param name="reading">What a logit reads there.</param>
    /// <param name="neurons">Neurons listed for each layer.</param>
    public IEnumerable<Part> Of(PluginLens.Activations run, int position, TokenReading reading, int neurons)
    {
        ReadOnlyMemory<float> At(string hook) => run[hook][0][position].Data;
        yield return new Part(ContributionKind.Embedding, null, null, reading.Of(At(_hasPositions ? "hook_embed" : "blocks.0.hook_resid_pre").Span));
        if (_hasPositions)
        {
            yield return new Part(ContributionKind.Position, null, null, reading.Of(At("hook_pos_embed").Span));
        }

        for (var layer = 0; layer < Config.NLayers; layer++)
        {
            if (!Heads)
            {
                yield return new Part(ContributionKind.Attention, layer, null, reading.Of(At(Attention(layer)).Span));
            }
            else
            {
                var z = new Matrix(At(Attention(layer)), Config.NHeads, Config.DHead);
                for (var head = 0; head < Config.NHeads; head++)
                {
                    yield return new Part(ContributionKind.Head, layer, head, reading.Of(_compute.Multiply(z.Slice(head, 1), _model.WO(layer, head)).Row(0)));
                }

                if (Bias($"blocks.{layer}.attn.b_O") is { } bias)
                {
                    yield return new Part(ContributionKind.AttentionBias, layer, null, reading.Of(bias.Span));
                }
            }

            if (Config.AttnOnly)
            {
                continue;
            }

            if (!Neurons)
            {
                yield return new Part(ContributionKind.Mlp, layer, null, reading.Of(At(Mlp(layer)).Span));
                continue;
            }

            var parts = reading.Of(At(Mlp(layer)).Span, _model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix());
            int[] ranked = [.. Enumerable.Range(0, parts.Length).OrderByDescending(neuron => Math.Abs(parts[neuron])).ThenBy(neuron => neuron)];
            foreach (var neuron in ranked.Take(neurons))
            {
                yield return new Part(ContributionKind.Neuron, layer, neuron, parts[neuron]);
            }

            if (ranked.Length > neurons)
            {
                yield return new Part(ContributionKind.OtherNeurons, layer, null, ranked.Skip(neurons).Sum(neuron => parts[neuron]));
            }

            if (Bias($"blocks.{layer}.mlp.b_out") is { } constant)
            {
                yield return new Part(ContributionKind.MlpBias, layer, null, reading.Of(constant.Span));
            }
        }
    }

    private string Attention(int layer) => $"blocks.{layer}.{(Heads ? "attn.hook_z" : "hook_attn_out")}";

    private string Mlp(int layer) => $"blocks.{layer}.{(Neurons ? "mlp.hook_post" : "hook_mlp_out")}";

    private ReadOnlyMemory<float>? Bias(string name) => _model.HasWeight(name) ? _model.Weight(name).Data : null;
}
