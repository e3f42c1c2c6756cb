namespace PluginLens.Plugins.Ffn;

/// <summary>
/// The page of a neuron: over many texts the tokens at which it is most active, in their context, with how often it is active at all (density), its largest and mean activation, beside the words
/// of its input and output weights. Texts go through the model one batch after the other; of each neuron the k best places are held, so memory does not grow with the number of texts.
/// </summary>
[Analysis("neuron-texts", "Neurons over many texts: where they are most active",
    Answers = "For each neuron the tokens of a file of texts at which it is most active, with their context, and how often it is active at all.",
    Source = "maximally activating examples, as on the neuron pages of OpenAI Microscope and Neuroscope")]
[Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: output words are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "output words leave out the masked-LM head between the last block and the unembedding")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "output words leave out the norm that follows the MLP")]
[Holds(Verdict.Approximate, Trait.PostNorm, "output words leave out the norm that follows each residual sum")]
[Writes("neuron-texts", typeof(NeuronSummary))]
[Writes("texts", typeof(NeuronText))]
public sealed class NeuronTexts : Analysis<NeuronTextsOptions>
{
    /// <summary>Numbers of activations that a batch may have: a sixteenth of a gigabyte, unless one text has more.</summary>
    private const long Batch = 1 << 24;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, NeuronTextsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var chosen = Chosen(config, options);
        var (words, order) = (options.Words(context), options.Order(config));
        context.Results.Note(NoteLine.Of(words.Description, $"weights {config.ProcessingName}"));
        context.Results.Note(FormattableString.Invariant(
            $"texts ranked by the {Said(order)} activation (hook_post); density: share of tokens with |activation| of {options.Active} or more{(options.Skip > 0 ? $"; the first {options.Skip} positions left out" : string.Empty)}"));
        var (table, texts) = (context.Results.Table<NeuronSummary>("neuron-texts", groupBy: 1), context.Results.Table<NeuronText>("texts", groupBy: 2));

        // Words first: when the run is stopped among the texts, what was found goes out with them.
        var lists = new Dictionary<(int Layer, int Neuron), (TokenList Input, TokenList Output)>();
        foreach (var (layer, neurons) in chosen)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, config.NLayers, $"words of layer {layer}"));
            var (input, output) = words.Of(layer, neurons);
            foreach (var (at, neuron) in neurons.Index())
            {
                lists[(layer, neuron)] = (input[at], output[at]);
            }
        }

        var peaks = chosen.ToDictionary(entry => entry.Layer, entry => entry.Neurons.Select(_ => new NeuronPeaks(options.Texts, order, options.Active)).ToArray());
        try
        {
            var longest = prompts.Max(prompt => prompt.Tokens.Length);
            var most = (int)Math.Clamp(Batch / Math.Max(1, (long)longest * config.DMlp * chosen.Count), 1, 16);
            foreach (var batch in PromptBatches.Run(context, model, prompts, [.. chosen.Select(entry => Hook(entry.Layer))], most))
            {
                foreach (var (layer, neurons) in chosen)
                {
                    for (var row = 0; row < batch.Prompts.Count; row++)
                    {
                        var activations = batch.Activations[Hook(layer)][row].AsMatrix();
                        for (var position = options.Skip; position < activations.Rows; position++)
                        {
                            var values = activations.Row(position);
                            for (var at = 0; at < neurons.Count; at++)
                            {
                                peaks[layer][at].Add(values[neurons[at]], batch.First + row, position, activations, neurons[at], options);
                            }
                        }
                    }
                }
            }
        }
        finally
        {
            Emit();
        }

        void Emit()
        {
            foreach (var (layer, neurons) in chosen)
            {
                foreach (var (at, neuron) in neurons.Index())
                {
                    var (peak, (input, output)) = (peaks[layer][at], lists[(layer, neuron)]);
                    if (peak.Tokens == 0)
                    {
                        continue;
                    }

                    table.Add(new NeuronSummary(
                        layer, neuron, peak.Tokens, peak.Density, peak.Largest, peak.Smallest, peak.Mean, input.Text(model), output.Text(model), words.IsHighBias(input), words.IsHighBias(output)));
                    foreach (var (rank, place) in peak.Places.Index())
                    {
                        var tokens = prompts[place.Prompt].Tokens;
                        texts.Add(new NeuronText(
                            layer, neuron, rank + 1, place.Activation, model.Token(tokens[place.Position]), Text(tokens, place.First, place.Position), Text(tokens, place.Position + 1, place.First + place.Window.Length),
                            place.Prompt, place.Position));
                    }

                    Draw(layer, neuron, peak);
                }
            }
        }

        string Text(int[] tokens, int first, int end) => string.Concat(tokens[first..end].Select(token => model.Token(token).Text));

        void Draw(int layer, int neuron, NeuronPeaks peak)
        {
            if (lists.Count > options.Draw)
            {
                return;
            }

            // A row of the page: the token that counts stands in the middle column of all of them.
            string[] offsets = [.. Enumerable.Range(-options.Before, options.Before + 1 + options.After).Select(offset => FormattableString.Invariant($"{offset:+0;-0;0}"))];
            var cells = peak.Places.Select(place => Enumerable.Range(place.Position - options.Before, offsets.Length).Select(position => position < place.First || position >= place.First + place.Window.Length
                ? new TokenCell(string.Empty, null)
                : new TokenCell(model.Token(prompts[place.Prompt].Tokens[position]).Text, place.Window[position - place.First])).ToArray());
            context.Results.Figure($"neuron-l{layer}n{neuron}", new TokenGrid(
                $"Texts at which L{layer}N{neuron} is most active", "distance from that token", "text", offsets, [.. peak.Places.Select(place => $"prompt {place.Prompt}, position {place.Position}")], [.. cells]));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, NeuronTextsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var chosen = Chosen(config, options);
        double neurons = chosen.Sum(entry => entry.Neurons.Count);
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Sum(chosen.Select(entry => options.CostOfWords(model, entry.Neurons.Count))),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, chosen[^1].Layer + 1, logits: false), new Cost(2 * prompt.Tokens.Length * neurons, 2.0 * sizeof(float) * prompt.Tokens.Length * chosen.Count * config.DMlp)))),
            new Cost(0, neurons * options.Texts * (64 + (sizeof(float) * (options.Before + 1 + options.After)))),
            Costs.Rows<NeuronSummary>(neurons),
            Costs.Rows<NeuronText>(neurons * Math.Min(options.Texts, prompts.Sum(prompt => (double)prompt.Tokens.Length))));
    }

    private static string Hook(int layer) => $"blocks.{layer}.mlp.hook_post";

    private static string Said(RowOrder order) => order switch { RowOrder.Largest => "largest", RowOrder.Smallest => "lowest", _ => "strongest" };

    private static List<(int Layer, IReadOnlyList<int> Neurons)> Chosen(ModelConfig config, NeuronTextsOptions options) => options.Neurons.Length > 0
        ? [.. NeuronNames.Of(config, "--neurons", options.Neurons).GroupBy(neuron => neuron.Layer).Select(group => (group.Key, (IReadOnlyList<int>)[.. group.Select(neuron => neuron.Neuron)]))]
        : [.. options.Layer.Of(config.NLayers, "layer").Select(layer => (layer, (IReadOnlyList<int>)[.. Enumerable.Range(0, config.DMlp)]))];
}

/// <summary>A neuron over all texts.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="Density">Share of them at which it is active (<c>--active</c>), 0 to 1.</param>
/// <param name="Largest">Its largest activation.</param>
/// <param name="Smallest">Its lowest activation.</param>
/// <param name="Mean">Its mean activation.</param>
/// <param name="InputWords">What it responds to, best first.</param>
/// <param name="OutputWords">What it writes, best first; a negative activation lowers these.</param>
/// <param name="InputHighBias">Whether the input words are tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="OutputHighBias">Whether the output words are.</param>
public sealed record NeuronSummary(
    int Layer, int Neuron, int Tokens, double Density, double Largest, double Smallest, double Mean, string InputWords, string OutputWords, bool? InputHighBias, bool? OutputHighBias);

/// <summary>A token at which a neuron is most active.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Rank">1 = most active.</param>
/// <param name="Activation">The activation there.</param>
/// <param name="Input">The token.</param>
/// <param name="Before">The text before it.</param>
/// <param name="After">The text after it.</param>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
public sealed record NeuronText(int Layer, int Neuron, int Rank, double Activation, Token Input, string Before, string After, int Prompt, int Position);

/// <summary>Which activations count as the most active.</summary>
public enum ActivationEnd
{
    /// <summary>The largest; of gated neurons, which are active with either sign, those of largest magnitude.</summary>
    Auto,

    /// <summary>The largest.</summary>
    Largest,

    /// <summary>The lowest.</summary>
    Lowest,

    /// <summary>Those of largest magnitude.</summary>
    Magnitude,
}

/// <summary>Options of <c>neuron-texts</c>.</summary>
public sealed record NeuronTextsOptions : NeuronOptions
{
    /// <summary>Neurons by name.</summary>
    [Help("Neurons by layer and number, e.g. 2.666,10.2361 (or L2N666); overrules --layer. Without it all of --layer.")]
    public string[] Neurons { get; init; } = [];

    /// <summary>Texts of each neuron.</summary>
    [AtLeast(1)]
    [Help("Most active tokens kept of each neuron.")]
    public int Texts { get; init; } = 5;

    /// <summary>Which end.</summary>
    [Help("largest, lowest, or magnitude (either sign); auto: largest, but magnitude for gated MLPs, whose neurons are active with either sign.")]
    public ActivationEnd End { get; init; }

    /// <summary>What counts as active.</summary>
    [AtLeast(0)]
    [Help("Smallest |activation| that counts as active; the default is what ffn-neurons does not show as --.")]
    public double Active { get; init; } = 0.05;

    /// <summary>Positions left out.</summary>
    [AtLeast(0)]
    [Help("First positions of each text left out; 1 for models that park their largest activations on the first token.")]
    public int Skip { get; init; }

    /// <summary>Context before.</summary>
    [AtLeast(0)]
    [Help("Tokens of context before.")]
    public int Before { get; init; } = 8;

    /// <summary>Context after.</summary>
    [AtLeast(0)]
    [Help("Tokens of context after.")]
    public int After { get; init; } = 3;

    /// <summary>Most drawn.</summary>
    [AtLeast(0)]
    [Help("Draw the pages of at most this many neurons; where there are more, none is drawn.")]
    public int Draw { get; init; } = 20;

    /// <summary>The end that these options mean.</summary>
    /// <param name="config">The model.</param>
    internal RowOrder Order(ModelConfig config) => End switch
    {
        ActivationEnd.Largest => RowOrder.Largest,
        ActivationEnd.Lowest => RowOrder.Smallest,
        ActivationEnd.Magnitude => RowOrder.LargestAbsolute,
        _ => config.GatedMlp ? RowOrder.LargestAbsolute : RowOrder.Largest,
    };
}
