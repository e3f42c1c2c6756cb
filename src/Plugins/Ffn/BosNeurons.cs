namespace PluginLens.Plugins.Ffn;

/// <summary>
/// Neurons that answer to the beginning of a text and to nothing else in it: activation <c>a_0 >= a</c> at position 0 and <c>max over later positions &lt;= b</c>, the largest first.
/// McCormick, "Patterns and Messages", part 6; the thresholds are ours, the red and the green of its heat scale.
/// </summary>
[Analysis("bos-neurons", "Neurons of the beginning of a text",
    Answers = "Which neurons are active at the first token of a text and at no other, and what they write there.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: output words are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "output words leave out the masked-LM head between the last block and the unembedding")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "output words leave out the norm that follows the MLP")]
[Holds(Verdict.Approximate, Trait.PostNorm, "output words leave out the norm that follows each residual sum")]
[Writes("bos-neurons", typeof(BosNeuron))]
[Writes("layers", typeof(BosLayer))]
public sealed class BosNeurons : Analysis<BosNeuronsOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, BosNeuronsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, Prompts(context));
        var layers = options.Layer.Of(config.NLayers, "layer");
        var words = options.Words(context);
        context.Results.Note(NoteLine.Of(words.Description, $"weights {config.ProcessingName}"));
        context.Results.Note(FormattableString.Invariant(
            $"{(options.Magnitude ? "|activation|" : "activation")} at position 0 at least {options.AtLeast}, elsewhere at most {options.Elsewhere}"));
        if (config.BosId is { } bos && prompts.Count(prompt => prompt.Tokens[0] != bos) is > 0 and var others)
        {
            context.Results.Note($"{others} of {Counted.Of(prompts.Count, "prompt")} {(prompts.Count == 1 ? "does" : "do")} not begin with '{model.Token(bos).Text}'; --bos puts it there");
        }

        var (table, counts) = (context.Results.Table<BosNeuron>("bos-neurons", groupBy: 1), context.Results.Table<BosLayer>("layers", groupBy: 1));
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. layers.Select(Hook)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var found = layers.SelectMany(layer => Of(batch.Activations[Hook(layer)][0].AsMatrix(), layer, options)).ToList();
            var lists = new Dictionary<(int Layer, int Neuron), (TokenList Input, TokenList Output)>();
            foreach (var group in found.GroupBy(neuron => neuron.Layer))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                int[] ids = [.. group.Select(neuron => neuron.Neuron)];
                var (input, output) = words.Of(group.Key, ids);
                foreach (var (at, id) in ids.Index())
                {
                    lists[(group.Key, id)] = (input[at], output[at]);
                }
            }

            foreach (var neuron in found.OrderByDescending(neuron => neuron.First).ThenBy(neuron => neuron.Layer).ThenBy(neuron => neuron.Neuron))
            {
                var (input, output) = lists[(neuron.Layer, neuron.Neuron)];
                table.Add(new BosNeuron(
                    batch.First, neuron.Layer, neuron.Neuron, model.Token(tokens[0]), neuron.First, neuron.Largest, neuron.At, model.Token(tokens[neuron.At]),
                    input.Text(model), output.Text(model), words.IsHighBias(input), words.IsHighBias(output)));
            }

            foreach (var layer in layers)
            {
                var mine = found.Where(neuron => neuron.Layer == layer).ToList();
                counts.Add(new BosLayer(batch.First, layer, mine.Count, config.DMlp, mine.Count == 0 ? null : mine.Max(neuron => neuron.First)));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, BosNeuronsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, Prompts(context));
        var layers = options.Layer.Of(config.NLayers, "layer");
        double neurons = (double)layers.Count * config.DMlp;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, layers.Max() + 1, logits: false), new Cost(0, 2.0 * sizeof(float) * prompt.Tokens.Length * neurons)))),
            Costs.Times(prompts.Count * (double)layers.Count, options.CostOfWords(model, config.DMlp)),
            Costs.Rows<BosNeuron>(prompts.Count * neurons),
            Costs.Rows<BosLayer>(prompts.Count * layers.Count));
    }

    private static string Hook(int layer) => $"blocks.{layer}.mlp.hook_post";

    /// <summary>The prompts, each with something beside its beginning.</summary>
    private static IReadOnlyList<Prompt> Prompts(AnalysisContext context)
    {
        var prompts = context.RequirePrompts();
        foreach (var (index, prompt) in prompts.Index())
        {
            if (prompt.Tokens.Length < 2)
            {
                throw new UsageException($"Prompt {index} has {prompt.Tokens.Length} token; expected at least 2: the first is compared with the others.");
            }
        }

        return prompts;
    }

    private static IEnumerable<(int Layer, int Neuron, double First, double Largest, int At)> Of(Matrix activations, int layer, BosNeuronsOptions options)
    {
        double Value(int position, int neuron) => options.Magnitude ? Math.Abs(activations.Row(position)[neuron]) : activations.Row(position)[neuron];
        for (var neuron = 0; neuron < activations.Columns; neuron++)
        {
            if (Value(0, neuron) is var first && first < options.AtLeast)
            {
                continue;
            }

            var at = 1;
            for (var position = 2; position < activations.Rows; position++)
            {
                at = Value(position, neuron) > Value(at, neuron) ? position : at;
            }

            if (Value(at, neuron) <= options.Elsewhere)
            {
                yield return (layer, neuron, first, Value(at, neuron), at);
            }
        }
    }
}

/// <summary>A neuron of the beginning.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="First">The token at position 0.</param>
/// <param name="Activation">The activation there; with <c>--magnitude</c> without its sign.</param>
/// <param name="Elsewhere">The largest one at a later position.</param>
/// <param name="Position">Where that is.</param>
/// <param name="Input">The token there.</param>
/// <param name="InputWords">What the neuron responds to, best first.</param>
/// <param name="OutputWords">What it writes, best first.</param>
/// <param name="InputHighBias">Whether the input words are tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="OutputHighBias">Whether the output words are.</param>
public sealed record BosNeuron(
    int Prompt, int Layer, int Neuron, Token First, double Activation, double Elsewhere, int Position, Token Input, string InputWords, string OutputWords, bool? InputHighBias, bool? OutputHighBias);

/// <summary>How many neurons of the beginning a layer has.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Found">Neurons of the beginning.</param>
/// <param name="Neurons">All neurons of the layer.</param>
/// <param name="Largest">The largest activation of those found; none where there are none.</param>
public sealed record BosLayer(int Prompt, int Layer, int Found, int Neurons, double? Largest);

/// <summary>Options of <c>bos-neurons</c>.</summary>
public sealed record BosNeuronsOptions : NeuronOptions
{
    /// <summary>Threshold at the beginning.</summary>
    [Help("Smallest activation at position 0.")]
    public double AtLeast { get; init; } = 1;

    /// <summary>Threshold elsewhere.</summary>
    [Help("Largest activation at any later position, with its sign: negative ones do not count.")]
    public double Elsewhere { get; init; } = 0.5;

    /// <summary>Without sign.</summary>
    [Help("Compare activations without their sign: gated neurons are active with either.")]
    public bool Magnitude { get; init; }
}
