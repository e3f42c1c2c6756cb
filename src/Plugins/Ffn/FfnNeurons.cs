using System.Globalization;

namespace PluginLens.Plugins.Ffn;

/// <summary>
/// Neuron i of layer l as a rule: the words that it responds to (similarity of its input weights with <c>norm_2(e_t)</c>), the words that it writes (its row of W_out, read as messages are),
/// and its activation at each token of a text, <c>act(norm_2(h) · w_in + b_in)</c>, as the model computed it. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("ffn-neurons", "Neurons in a text: input words, output words, activations",
    Answers = "For the neurons that a text moves most, or those named, what each responds to, what it writes, and how active it is at each token.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: output words are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "output words leave out the masked-LM head between the last block and the unembedding")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "output words leave out the norm that follows the MLP")]
[Holds(Verdict.Approximate, Trait.PostNorm, "output words leave out the norm that follows each residual sum")]
[Writes("ffn-neurons", typeof(ActiveNeuron))]
[Writes("words", typeof(NeuronWord))]
[Writes("activations", typeof(NeuronActivation))]
public sealed class FfnNeurons : Analysis<FfnNeuronsOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, FfnNeuronsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var named = NeuronNames.Of(config, "--neurons", options.Neurons);
        var layers = Layers(config, options, named);
        var words = options.Words(context);
        context.Results.Note(NoteLine.Of(words.Description, $"weights {config.ProcessingName}"));
        context.Results.Note(NoteLine.Of(
            named.Count > 0 ? null : $"the {options.MostActive} neurons of each prompt with the largest {(options.By == NeuronMeasure.Written ? "activation times length of the output weights" : "activation")}, either sign",
            $"activations: hook_post; '--' where one rounds to {Shown(0, options.Digits, dashes: false)}"));
        var table = context.Results.Table<ActiveNeuron>("ffn-neurons", groupBy: 1, options.Lowered ? [] : ["LoweredWords"]);
        var (lists, activations) = (context.Results.Table<NeuronWord>("words", groupBy: 3), context.Results.Table<NeuronActivation>("activations", groupBy: 3));
        var known = new Dictionary<(int Layer, int Neuron), (TokenList Input, TokenList Output, TokenList? Lowered)>();
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. layers.Select(Hook)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            Matrix At(int layer) => batch.Activations[Hook(layer)][0].AsMatrix();
            var chosen = named.Count > 0 ? named : Top(model, options, layers, positions, At);
            Read(chosen.Where(neuron => !known.ContainsKey(neuron)));
            foreach (var neuron in chosen)
            {
                double[] values = [.. positions.Select(position => (double)At(neuron.Layer).Row(position)[neuron.Neuron])];
                var best = Enumerable.Range(0, values.Length).MaxBy(at => Math.Abs(values[at]));
                var (input, output, lowered) = known[neuron];
                table.Add(new ActiveNeuron(
                    batch.First, neuron.Layer, neuron.Neuron, positions[best], model.Token(tokens[positions[best]]), values[best], values.Average(),
                    input.Text(model), output.Text(model), lowered?.Text(model), words.IsHighBias(input), words.IsHighBias(output)));
                foreach (var (at, position) in positions.Index())
                {
                    activations.Add(new NeuronActivation(batch.First, neuron.Layer, neuron.Neuron, position, model.Token(tokens[position]), values[at], Shown(values[at], options.Digits)));
                }
            }

            Draw(batch, chosen, positions, At);
        }

        void Read(IEnumerable<(int Layer, int Neuron)> neurons)
        {
            foreach (var group in neurons.GroupBy(neuron => neuron.Layer).OrderBy(group => group.Key))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                int[] ids = [.. group.Select(neuron => neuron.Neuron).Order()];
                var (input, output) = words.Of(group.Key, ids);
                var lowered = options.Lowered ? words.Lowered(group.Key, ids) : null;
                foreach (var (at, id) in ids.Index())
                {
                    known[(group.Key, id)] = (input[at], output[at], lowered?[at]);
                    Add(NeuronSide.Input, input[at]);
                    Add(NeuronSide.Output, output[at]);
                    Add(NeuronSide.Lowered, lowered?[at]);

                    void Add(NeuronSide side, TokenList? list)
                    {
                        foreach (var (rank, token) in list?.Ids.Index() ?? [])
                        {
                            lists.Add(new NeuronWord(group.Key, id, side, rank + 1, model.Token(token), list!.Scores[rank]));
                        }
                    }
                }
            }
        }

        void Draw(PromptBatch batch, IReadOnlyList<(int Layer, int Neuron)> chosen, IReadOnlyList<int> positions, Func<int, Matrix> at)
        {
            if (positions.Count > options.Draw || chosen.Count == 0)
            {
                return;
            }

            var labels = PromptLabels.Of(model, batch.Prompts[0].Tokens, positions);
            string[] rows = [.. chosen.Select(neuron => $"L{neuron.Layer}N{neuron.Neuron}")];
            double[][] values = [.. chosen.Select(neuron => positions.Select(position => (double)at(neuron.Layer).Row(position)[neuron.Neuron]).ToArray())];
            var suffix = prompts.Count == 1 ? string.Empty : $"-{batch.First}";
            context.Results.Figure($"activations{suffix}", new Heatmap($"Activations of neurons in prompt {batch.First}", "token", "neuron", labels, rows, [.. values.Select(row => row.Select(value => (double?)value).ToArray())])
            {
                // The document's heat scale; what is beyond 1 stays red.
                Scale = [new ColorStop(0, "white"), new ColorStop(0.5, "green"), new ColorStop(1, "red")],
            });
            context.Results.Figure($"neurons{suffix}", new TokenGrid(
                $"Neurons of prompt {batch.First}: input words, output words, activations", "input, output, activation at each token", "neuron", ["input", "output", .. labels], rows,
                [.. chosen.Select((neuron, row) => new[] { new TokenCell(known[neuron].Input.Text(model), null), new TokenCell(known[neuron].Output.Text(model), null) }
                    .Concat(values[row].Select(value => new TokenCell(Shown(value, options.Digits), value))).ToArray())]));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, FfnNeuronsOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var named = NeuronNames.Of(config, "--neurons", options.Neurons);
        var layers = Layers(config, options, named);
        double neurons = named.Count > 0 ? named.Count : Math.Min(options.MostActive, layers.Count * config.DMlp);
        var ends = options.Lowered ? 3 : 2;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, layers.Max() + 1, logits: false), new Cost(2.0 * layers.Count * config.DMlp * config.DModel, 2.0 * sizeof(float) * prompt.Tokens.Length * layers.Count * config.DMlp)))),
            Costs.Times(named.Count > 0 ? 1 : prompts.Count, Costs.Sum(options.CostOfWords(model, neurons, ends), Costs.Times(Math.Min(layers.Count, neurons), options.CostOfWords(model, 0)))),
            Costs.Rows<NeuronWord>((named.Count > 0 ? 1 : prompts.Count) * neurons * ends * Math.Min(options.K, config.DVocab)),
            Costs.Rows<ActiveNeuron>(prompts.Count * neurons),
            Costs.Rows<NeuronActivation>(neurons * prompts.Sum(Positions)));
    }

    private static string Hook(int layer) => $"blocks.{layer}.mlp.hook_post";

    private static IReadOnlyList<int> Layers(ModelConfig config, FfnNeuronsOptions options, IReadOnlyList<(int Layer, int Neuron)> named) =>
        named.Count > 0 ? [.. named.Select(neuron => neuron.Layer).Distinct()] : options.Layer.Of(config.NLayers, "layer");

    /// <summary>What a person reads: rounded, dashes where nothing is left of it.</summary>
    private static string Shown(double value, int digits, bool dashes = true)
    {
        var text = value.ToString($"F{digits}", CultureInfo.InvariantCulture);
        return dashes && text.All(letter => letter is '-' or '0' or '.') ? "--" : text;
    }

    /// <summary>The neurons that a text moves most, largest first; equal ones by layer and number.</summary>
    private static List<(int Layer, int Neuron)> Top(Model model, FfnNeuronsOptions options, IReadOnlyList<int> layers, IReadOnlyList<int> positions, Func<int, Matrix> at)
    {
        var found = new List<(int Layer, int Neuron, double Value)>();
        foreach (var layer in layers)
        {
            var values = new double[model.Config.DMlp];
            foreach (var position in positions)
            {
                var row = at(layer).Row(position);
                for (var neuron = 0; neuron < values.Length; neuron++)
                {
                    values[neuron] = Math.Max(values[neuron], Math.Abs(row[neuron]));
                }
            }

            var lengths = options.By == NeuronMeasure.Written ? Lengths(model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix()) : null;
            found.AddRange(values.Select((value, neuron) => (layer, neuron, value * (lengths?[neuron] ?? 1))).OrderByDescending(entry => entry.Item3).ThenBy(entry => entry.neuron).Take(options.MostActive));
        }

        return [.. found.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Layer).ThenBy(entry => entry.Neuron).Take(options.MostActive).Select(entry => (entry.Layer, entry.Neuron))];
    }

    private static double[] Lengths(Matrix rows)
    {
        var (lengths, row) = (new double[rows.Rows], new float[rows.Columns]);
        for (var at = 0; at < lengths.Length; at++)
        {
            rows.CopyRow(at, row);
            lengths[at] = Math.Sqrt(row.Sum(value => (double)value * value));
        }

        return lengths;
    }
}

/// <summary>A neuron in a text.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Position">Where it is most active, either sign, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Activation">Its activation there.</param>
/// <param name="Mean">Its mean activation over the positions asked for.</param>
/// <param name="InputWords">What it responds to, best first.</param>
/// <param name="OutputWords">What it writes, best first; a negative activation lowers these.</param>
/// <param name="LoweredWords">With <c>--lowered</c>: the other end of what it writes, lowest first.</param>
/// <param name="InputHighBias">Whether the input words are tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="OutputHighBias">Whether the output words are.</param>
public sealed record ActiveNeuron(
    int Prompt, int Layer, int Neuron, int Position, Token Input, double Activation, double Mean, string InputWords, string OutputWords, string? LoweredWords, bool? InputHighBias, bool? OutputHighBias);

/// <summary>One rank of a neuron's words.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Side">Which list.</param>
/// <param name="Rank">1 = first.</param>
/// <param name="Token">The word.</param>
/// <param name="Score">As <c>--score</c> or <c>--read</c> says.</param>
public sealed record NeuronWord(int Layer, int Neuron, NeuronSide Side, int Rank, Token Token, double Score);

/// <summary>A neuron at a token.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Activation">As the model computed it (hook_post).</param>
/// <param name="Shown">Rounded; dashes where that is 0.</param>
public sealed record NeuronActivation(int Prompt, int Layer, int Neuron, int Position, Token Input, double Activation, string Shown);

/// <summary>Which words of a neuron.</summary>
public enum NeuronSide
{
    /// <summary>What it responds to.</summary>
    Input,

    /// <summary>What it writes.</summary>
    Output,

    /// <summary>The other end of what it writes.</summary>
    Lowered,
}

/// <summary>What makes a neuron one of the top.</summary>
public enum NeuronMeasure
{
    /// <summary>Its activation.</summary>
    Activation,

    /// <summary>Its activation times the length of its output weights: how much it adds to the stream.</summary>
    Written,
}

/// <summary>Options of <c>ffn-neurons</c>.</summary>
public sealed record FfnNeuronsOptions : NeuronOptions
{
    /// <summary>Neurons by name.</summary>
    [Help("Neurons by layer and number, e.g. 2.666,10.2361 (or L2N666); overrules --layer and --most-active.")]
    public string[] Neurons { get; init; } = [];

    /// <summary>How many.</summary>
    [AtLeast(1)]
    [Help("How many of the most active neurons are shown for each prompt.")]
    public int MostActive { get; init; } = 10;

    /// <summary>Measure.</summary>
    [Help("What makes a neuron one of the top: activation, or written: activation times length of the output weights.")]
    public NeuronMeasure By { get; init; }

    /// <summary>Positions.</summary>
    [Help("Positions that count and are shown: all, 3, 0,2-4; 1--1 leaves the first out, where many models park their largest activations.")]
    public Selection Position { get; init; } = Selection.All;

    /// <summary>The other end.</summary>
    [Help("Also list the other end of the output words: what a positive activation lowers the most.")]
    public bool Lowered { get; init; }

    /// <summary>Digits.</summary>
    [AtLeast(0)]
    [Help("Digits after the point of activations as shown; one that rounds to 0 is shown as --.")]
    public int Digits { get; init; } = 1;

    /// <summary>Longest drawn.</summary>
    [AtLeast(0)]
    [Help("Draw figures of prompts with at most this many positions; 0 = none.")]
    public int Draw { get; init; } = 64;
}
