namespace PluginLens.Plugins.Attribution;

/// <summary>
/// Direct logit attribution: what each term c of the final state adds to a token's logit, or to the difference of two,
/// <c>((c - mean(c)) / s * w) · (u_a - u_b)</c> with s the scale of the final norm in the whole pass. The norm is linear once s is given, so the terms sum to the logit:
/// embeddings, attention and MLPs (or heads, or neurons, with their biases), the norm's own bias and b_U. Before a soft-cap.
/// </summary>
[Analysis("logit-attribution", "What adds to a logit",
    Answers = "How much each component, head or neuron adds to the logit of a token, or to the difference of two.",
    Source = "direct logit attribution: Elhage et al., A Mathematical Framework for Transformer Circuits")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "an encoder's head stands between its states and the logits")]
[Holds(Verdict.Undefined, Trait.PostNorm, "a norm follows each residual sum, so the final state is no sum of terms")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "the terms sum to the logit before its soft-cap")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer: attention and MLPs have parts, heads and neurons none")]
[Writes("logit-attribution", typeof(Contribution))]
[Writes("sums", typeof(ContributionSum))]
public sealed class LogitAttribution : Analysis<LogitAttributionOptions>
{
    /// <summary>Relative distance of sum and logit beyond which something is wrong.</summary>
    private const double Closes = 1e-4;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, LogitAttributionOptions options)
    {
        var model = context.Model;
        var terms = new StreamTerms(model, context.Compute, options.By);
        int? chosen = options.Token is { } text ? OneToken.Of(model, "--token", text) : null;
        int? against = options.Against is { } other ? OneToken.Of(model, "--against", other) : null;
        var prompts = context.RequirePrompts();
        var table = context.Results.Table<Contribution>("logit-attribution", groupBy: 7);
        var sums = context.Results.Table<ContributionSum>("sums");
        context.Results.Note(NoteLine.Of(
            against is null ? "parts of a logit" : "parts of the difference of two logits", "the scale of the final norm is that of the whole pass", $"weights {model.Config.ProcessingName}",
            options.By == AttributionUnit.Neuron ? $"the {options.K} neurons of each layer that add most, either way, and the rest" : null));
        var last = $"blocks.{model.Config.NLayers - 1}.hook_resid_post";
        string[] hooks = [.. terms.Hooks.Append(last).Append("logits").Distinct()];
        var worst = 0.0;
        foreach (var batch in PromptBatches.Run(context, model, prompts, hooks, most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            foreach (var position in options.Position.Of(tokens.Length, "position"))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var logits = batch.Activations["logits"][0].AsMatrix().Row(position);
                var token = chosen ?? Best(logits);
                var reading = new TokenReading(model, batch.Activations[last][0].AsMatrix().Row(position).ToArray(), token, against);
                List<Contribution> parts = [.. terms.Of(batch.Activations, position, reading, options.K).Concat(reading.Constants()).Select(part => new Contribution(
                    batch.First, position, model.Token(tokens[position]), model.Token(token), against is { } b ? model.Token(b) : null, part.Kind, part.Layer, part.Index, part.Value))];
                parts.ForEach(table.Add);
                var (sum, logit) = (parts.Sum(part => part.Value), Uncapped(model, logits[token]) - (against is { } id ? Uncapped(model, logits[id]) : 0));
                worst = Math.Max(worst, Math.Abs(sum - logit) / Math.Max(1e-30, Math.Max(Math.Abs(logit), parts.Max(part => Math.Abs(part.Value)))));
                sums.Add(new ContributionSum(batch.First, position, model.Token(tokens[position]), model.Token(token), against is { } c ? model.Token(c) : null, sum, logit));
                Draw(context, $"{batch.First}-{position}", parts);
            }
        }

        var said = FormattableString.Invariant($"{Math.Pow(10, Math.Max(-5, Math.Ceiling(Math.Log10(Math.Max(worst, 1e-30))))):0e+0}");
        if (worst > Closes)
        {
            context.Results.Warn(FormattableString.Invariant($"the parts sum to the logit only within {said} of it or of the largest part, expected {Closes}; the forward pass lost digits"));
        }
        else
        {
            context.Results.Note($"the parts sum to the logit within {said} of it or of the largest part");
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, LogitAttributionOptions options)
    {
        var config = context.Model.Config;
        var terms = new StreamTerms(context.Model, context.Compute, options.By);
        var prompts = context.RequirePrompts();
        double positions = prompts.Sum(prompt => options.Position.Of(prompt.Tokens.Length, "position").Count);
        double widths = config.NHeads * config.DHead + config.DMlp + (4.0 * config.DModel), rows = terms.Most(options.K);
        return Costs.Sum(
            Costs.Widened(context.Model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: true), new Cost(0, 2 * sizeof(float) * prompt.Tokens.Length * config.NLayers * widths)))),
            new Cost(4 * positions * config.NLayers * config.DModel * widths, 0),
            Costs.Rows<Contribution>(positions * rows),
            Costs.Rows<ContributionSum>(positions));
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
        {
            best = logits[token] > logits[best] ? token : best;
        }

        return best;
    }

    private static double Uncapped(Model model, double logit) => model.Config.OutputLogitsSoftCap is { } cap ? cap * Math.Atanh(logit / cap) : logit;

    private static void Draw(AnalysisContext context, string name, List<Contribution> parts)
    {
        var config = context.Model.Config;
        string[] layers = [.. Enumerable.Range(0, config.NLayers).Select(layer => $"{layer}")];
        double? Sum(int layer, Func<ContributionKind, bool> of) => parts.Where(part => part.Layer == layer && of(part.Kind)).Sum(part => part.Value);
        Series[] series =
        [
            new Series("attention", [.. layers.Select((_, layer) => Sum(layer, kind => kind is ContributionKind.Attention or ContributionKind.Head or ContributionKind.AttentionBias))]),
            new Series("MLP", [.. layers.Select((_, layer) => Sum(layer, kind => kind is ContributionKind.Mlp or ContributionKind.Neuron or ContributionKind.OtherNeurons or ContributionKind.MlpBias))]),
        ];
        context.Results.Figure($"layers-{name}", new Chart("What each layer adds to the logit", "layer", "logit", layers, config.AttnOnly ? series[..1] : series, AsBars: true));
        if (parts.Exists(part => part.Kind == ContributionKind.Head))
        {
            var heads = parts.Where(part => part.Kind == ContributionKind.Head).ToDictionary(part => (part.Layer!.Value, part.Index!.Value), part => (double?)part.Value);
            context.Results.Figure($"heads-{name}", new Heatmap(
                "What each head adds to the logit", "head", "layer", [.. Enumerable.Range(0, config.NHeads).Select(head => $"{head}")], layers,
                [.. layers.Select((_, layer) => Enumerable.Range(0, config.NHeads).Select(head => heads[(layer, head)]).ToArray())], Signed: true));
        }
    }
}

/// <summary>What one term of the final state adds.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Token">The token whose logit is taken apart.</param>
/// <param name="Against">The token whose logit is subtracted; none for one logit.</param>
/// <param name="Kind">What the term is.</param>
/// <param name="Layer">Layer; none outside the blocks.</param>
/// <param name="Index">Head or neuron.</param>
/// <param name="Value">In logits.</param>
public sealed record Contribution(int Prompt, int Position, Token Input, Token Token, Token? Against, ContributionKind Kind, int? Layer, int? Index, double Value);

/// <summary>All terms together.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Token">The token whose logit is taken apart.</param>
/// <param name="Against">The token whose logit is subtracted; none for one logit.</param>
/// <param name="Sum">Of the values.</param>
/// <param name="Logit">What the model computed, before a soft-cap.</param>
public sealed record ContributionSum(int Prompt, int Position, Token Input, Token Token, Token? Against, double Sum, double Logit);

/// <summary>What a term of the final state is.</summary>
public enum ContributionKind
{
    /// <summary>Token embedding, or what enters block 0 where that is no sum of embeddings.</summary>
    Embedding,

    /// <summary>Position embedding.</summary>
    Position,

    /// <summary>All that attention adds in a layer.</summary>
    Attention,

    /// <summary>One head.</summary>
    Head,

    /// <summary>b_O of a layer.</summary>
    AttentionBias,

    /// <summary>All that the MLP adds in a layer.</summary>
    Mlp,

    /// <summary>One neuron.</summary>
    Neuron,

    /// <summary>The neurons of a layer that are not listed.</summary>
    OtherNeurons,

    /// <summary>b_out of a layer.</summary>
    MlpBias,

    /// <summary>The bias of the final norm through W_U.</summary>
    NormBias,

    /// <summary>b_U.</summary>
    UnembedBias,
}

/// <summary>What a logit is split into.</summary>
public enum AttributionUnit
{
    /// <summary>Embeddings, attention and MLP of each layer.</summary>
    Component,

    /// <summary>Attention further into heads.</summary>
    Head,

    /// <summary>MLPs further into neurons.</summary>
    Neuron,
}

/// <summary>Options of <c>logit-attribution</c>.</summary>
public sealed record LogitAttributionOptions
{
    /// <summary>The token.</summary>
    [Help("The token whose logit is taken apart; without it the one that the model predicts.")]
    public string? Token { get; init; }

    /// <summary>The token subtracted.</summary>
    [Help("A second token: the difference of the two logits is taken apart.")]
    public string? Against { get; init; }

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.Parse("-1");

    /// <summary>What it is split into.</summary>
    [Help("component: attention and MLP of each layer; head: attention by head; neuron: also MLPs by neuron.")]
    public AttributionUnit By { get; init; } = AttributionUnit.Head;

    /// <summary>Neurons per layer.</summary>
    [AtLeast(1)]
    [Help("With --by neuron: neurons listed for each layer, those that add most, either way.")]
    public int K { get; init; } = 5;
}
