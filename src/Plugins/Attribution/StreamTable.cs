namespace PluginLens.Plugins.Attribution;

/// <summary>
/// The residual stream as one table: every term that is added to it, with what it reads and writes as words, and its weight at every token. Embeddings (weight 1 at their own token), the message of
/// each token in each head (weight: attention), the rows of W_out (weight: activation), biases. The terms times their weights sum to the final state: the table says how exactly, and a table
/// that does not close within 1e-3 is an error. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("stream-table", "The residual stream as a table of its terms",
    Answers = "Everything that is added to the residual stream at a token, largest first or all of it: embeddings, messages of heads, neurons, biases, with words and weights.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.PostNorm, "a norm follows each residual sum, so the final state is no sum of terms")]
[Holds(Verdict.Undefined, Trait.SublayerNorm, "a norm follows each sublayer, so heads and neurons are no terms of the final state")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: written words are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "written words leave out the masked-LM head between the last block and the unembedding")]
[Holds(Verdict.Approximate, Trait.Rotary, "words of patterns are those before the rotation; --offset r gives those of a query r positions after its key")]
[Holds(Verdict.Approximate, Trait.RotaryScaled, "in words of patterns the rotated dimensions carry the square of rope_attention_factor, which only --offset applies; long contexts use other frequencies")]
[Holds(Verdict.Approximate, Trait.Alibi, "words of patterns leave the bias by distance out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "the vocabulary's side of a pattern is not normed as q and k are")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores of patterns are before their soft-cap, which keeps their order")]
[Writes("stream-table", typeof(StreamTerm))]
[Writes("sums", typeof(StreamSum))]
public sealed class StreamTable : Analysis<StreamTableOptions>
{
    /// <summary>Distance of sum and state, relative to the state's largest entry, beyond which something is wrong.</summary>
    private const double Closes = 1e-3;

    /// <summary>Rows of a table stay in memory.</summary>
    private const double MostRows = 5e6;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, StreamTableOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        Check(model, options, prompts);
        var blocks = new StreamBlocks(context, options);
        foreach (var description in options.Words == TermWords.None ? [] : blocks.Descriptions)
        {
            context.Results.Note(description);
        }

        var measure = options.By == TermMeasure.Size ? "size: |weight| times length" : "|weight|";
        context.Results.Note(NoteLine.Of(options.Terms == 0 ? "all terms" : $"the {options.Terms} terms of each position with the largest {measure}", $"weights {config.ProcessingName}"));
        var (table, sums) = (context.Results.Table<StreamTerm>("stream-table", groupBy: 2), context.Results.Table<StreamSum>("sums", groupBy: 1));
        var (terms, worst) = (0.0, 0.0);
        foreach (var (index, prompt) in prompts.Index())
        {
            var positions = options.Position.Of(prompt.Tokens.Length, "position");
            var chosen = options.Terms == 0 ? null : LargestTerms.Of(blocks.Of(prompt, index, "sizes"), positions, options);
            var rows = new List<(StreamTerm Row, float[] Weights)>();
            if (options.File)
            {
                context.Results.File(prompts.Count == 1 ? "stream-table-terms.csv" : $"stream-table-terms-{index}.csv", stream =>
                {
                    using var file = new StreamFile(stream, model, prompt.Tokens);
                    file.Begin();
                    List(file);
                });
            }
            else
            {
                List(null);
            }

            foreach (var (row, _) in rows.OrderBy(entry => entry.Row.Position).ThenBy(entry => entry.Row.Rank))
            {
                table.Add(row);
            }

            if (prompt.Tokens.Length <= options.Draw && chosen is not null)
            {
                var last = rows.Where(entry => entry.Row.Position == positions[^1]).OrderBy(entry => entry.Row.Rank).ToList();
                context.Results.Figure($"weights-{index}", new Heatmap(
                    $"Weights of the terms largest at position {positions[^1]} of prompt {index}", "token", "term", PromptLabels.Of(model, prompt.Tokens, Enumerable.Range(0, prompt.Tokens.Length)), [.. last.Select(entry => Label(entry.Row))],
                    [.. last.Select(entry => entry.Weights.Select(weight => (double?)weight).ToArray())], Signed: true));
            }

            void List(StreamFile? file)
            {
                var sum = new double[prompt.Tokens.Length * config.DModel];
                var count = 0;
                Matrix? final = null;
                foreach (var (at, block) in blocks.Of(prompt, index, "terms").Index())
                {
                    block.AddTo(context.Compute, sum);
                    Rows(at, block, count, file);
                    count += block.Vectors.Rows;
                    final = block.Layer == config.NLayers - 1 ? block.Run[StreamBlocks.Final(config)][0].AsMatrix() : null;
                }

                terms += count;
                worst = Math.Max(worst, Sums(prompt, index, positions, count, sum, final!.Value));
            }

            void Rows(int at, StreamBlock block, int before, StreamFile? file)
            {
                var lengths = block.Lengths();
                int[] all = [.. Enumerable.Range(0, block.Vectors.Rows)];
                var listed = chosen is null ? all.Where(row => positions.Any(position => block.Weight(position, row) != 0)).ToArray() : [.. positions.SelectMany(position => chosen[position].Keys).Where(term => term.Block == at).Select(term => term.Row).Distinct().Order()];
                int[] worded = options.Words switch { TermWords.All when file is not null => all, TermWords.None => [], _ => listed };
                var words = worded.Length == 0 ? (null, []) : blocks.Words(block, worded);
                var place = worded.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
                (TokenList? Reads, TokenList? Writes) Of(int row) => place.TryGetValue(row, out var found) ? (words.Reads?[found], words.Writes[found]) : (null, null);
                foreach (var row in listed)
                {
                    var (reads, writes) = Of(row);
                    foreach (var position in positions.Where(position => chosen is null ? block.Weight(position, row) != 0 : chosen[position].ContainsKey((at, row))))
                    {
                        var weight = block.Weight(position, row);
                        rows.Add((
                            new StreamTerm(
                                index, position, model.Token(prompt.Tokens[position]), chosen is null ? before + row + 1 : chosen[position][(at, row)], block.Kind, block.Layer, block.Index(row), block.Source(row),
                                block.Source(row) is { } source ? model.Token(prompt.Tokens[source]) : null, weight, Math.Abs(weight) * lengths[row], reads?.Text(model), writes?.Text(model)),
                            chosen is null ? [] : [.. Enumerable.Range(0, prompt.Tokens.Length).Select(query => block.Weight(query, row))]));
                    }
                }

                foreach (var row in file is null ? [] : all)
                {
                    file!.Add(block, row, Of(row).Reads, Of(row).Writes);
                }
            }
        }

        var said = FormattableString.Invariant($"{Math.Pow(10, Math.Max(-7, Math.Ceiling(Math.Log10(Math.Max(worst, 1e-30))))):0e+0}");
        context.Results.Note(FormattableString.Invariant($"{terms:0} terms times their weights sum to the final state within {said} of its largest entry at every position"));

        double Sums(Prompt prompt, int index, IReadOnlyList<int> positions, int count, double[] sum, Matrix final)
        {
            var most = 0.0;
            for (var position = 0; position < prompt.Tokens.Length; position++)
            {
                double error = 0, largest = 0;
                for (var at = 0; at < final.Columns; at++)
                {
                    var value = final.Row(position)[at];
                    (error, largest) = (Math.Max(error, Math.Abs(sum[(position * final.Columns) + at] - value)), Math.Max(largest, Math.Abs(value)));
                }

                var relative = error / Math.Max(largest, double.Epsilon);
                most = Math.Max(most, relative);
                sums.Add(new StreamSum(index, position, model.Token(prompt.Tokens[position]), count, error, largest, relative));
            }

            return most <= Closes ? most : throw new ModelException(FormattableString.Invariant(
                $"Prompt {index}: the {count} terms of model '{config.Name}' sum to its final state only within {most:0.0e+0} of its largest entry, expected {Closes}; the forward pass and the weights do not agree."));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, StreamTableOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        Check(model, options, prompts);
        var sweeps = options.Terms == 0 ? 1 : 2;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Times(sweeps, StreamBlocks.CostOf(config, prompt.Tokens.Length)),
                new Cost(2.0 * Terms(config, prompt) * Positions(prompt), sizeof(double) * prompt.Tokens.Length * (double)config.DModel),
                options.Words == TermWords.None ? Costs.None : CostOfWords(prompt)))),
            Costs.Rows<StreamTerm>(prompts.Sum(prompt => Listed(config, options, prompt))),
            Costs.Rows<StreamSum>(prompts.Sum(prompt => prompt.Tokens.Length)));

        Cost CostOfWords(Prompt prompt)
        {
            var worded = options is { File: true, Words: TermWords.All } ? Terms(config, prompt) : Math.Min(Terms(config, prompt), Listed(config, options, prompt));
            return Costs.Sum(
                SimilarWords.CostOf(model, options, options.K, 2 * worded), HeadPatterns.CostOf(config, 1, worded, products: 1), Costs.Times(config.NLayers, NeuronWords.CostOf(model, options, options.K, 0)));
        }
    }

    /// <summary>The name of a kind, as tables have it.</summary>
    /// <param name="kind">The kind.</param>
    internal static string Said(StreamTermKind kind) => kind switch
    {
        StreamTermKind.AttentionBias => "attention-bias",
        StreamTermKind.MlpBias => "mlp-bias",
        _ => $"{kind}".ToLowerInvariant(),
    };

    private static double Terms(ModelConfig config, Prompt prompt) => (2.0 * prompt.Tokens.Length) + (config.NLayers * ((config.NHeads * (double)prompt.Tokens.Length) + config.DMlp + 2));

    private static double Listed(ModelConfig config, StreamTableOptions options, Prompt prompt) =>
        options.Position.Of(prompt.Tokens.Length, "position").Count * (options.Terms == 0 ? Terms(config, prompt) : Math.Min(options.Terms, Terms(config, prompt)));

    private static void Check(Model model, StreamTableOptions options, IReadOnlyList<Prompt> prompts)
    {
        options.RefuseFlags();
        options.Check(model);
        MessageWords.Check(model, options.Read);
        if (options is { Words: TermWords.All, File: false, Terms: > 0 })
        {
            throw new UsageException("--words all: the terms that are not listed stand in the file alone; add --file, or list all with --terms 0.");
        }

        if (prompts.Sum(prompt => Listed(model.Config, options, prompt)) is > MostRows and var rows)
        {
            throw new UsageException(FormattableString.Invariant($"--terms {options.Terms} lists {rows:0} rows, which stay in memory, at most {MostRows:0}; ask for fewer positions, or write all terms with --file."));
        }
    }

    private static string Label(StreamTerm term) => term.Kind switch
    {
        StreamTermKind.Message => $"L{term.Layer}H{term.Index} {term.SourceToken?.Text} ({term.Source})",
        StreamTermKind.Neuron => $"L{term.Layer}N{term.Index}",
        StreamTermKind.AttentionBias or StreamTermKind.MlpBias => $"L{term.Layer} {Said(term.Kind)}",
        _ => $"{Said(term.Kind)} {term.SourceToken?.Text} ({term.Source})",
    };
}

/// <summary>A term of the stream at a position.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Rank">1 = largest; with <c>--terms 0</c> the order in which terms are added.</param>
/// <param name="Kind">What the term is.</param>
/// <param name="Layer">Layer; none for embeddings.</param>
/// <param name="Index">Head or neuron.</param>
/// <param name="Source">The position whose message or embedding it is.</param>
/// <param name="SourceToken">The token there.</param>
/// <param name="Weight">Attention, activation, or 1.</param>
/// <param name="Size">|weight| times the length of the term.</param>
/// <param name="Reads">Words of the pattern, or input words of the neuron.</param>
/// <param name="Writes">Words that the term writes; a negative weight lowers these.</param>
public sealed record StreamTerm(
    int Prompt, int Position, Token Input, int Rank, StreamTermKind Kind, int? Layer, int? Index, int? Source, Token? SourceToken, double Weight, double Size, string? Reads, string? Writes);

/// <summary>Whether the terms of a position sum to its final state.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Terms">Terms of the table.</param>
/// <param name="Error">Largest distance between sum and state.</param>
/// <param name="Largest">Largest magnitude in the state.</param>
/// <param name="Relative">Error over largest.</param>
public sealed record StreamSum(int Prompt, int Position, Token Input, int Terms, double Error, double Largest, double Relative);

/// <summary>What makes a term large.</summary>
public enum TermMeasure
{
    /// <summary>What it adds: |weight| times its length.</summary>
    Size,

    /// <summary>|weight|.</summary>
    Weight,
}

/// <summary>Which terms get words.</summary>
public enum TermWords
{
    /// <summary>Those listed.</summary>
    Listed,

    /// <summary>All, also those of the file.</summary>
    All,

    /// <summary>None.</summary>
    None,
}

/// <summary>Options of <c>stream-table</c>.</summary>
public sealed record StreamTableOptions : PatternOptions
{
    /// <summary>Positions.</summary>
    [Help("Positions whose terms are listed: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.Parse("-1");

    /// <summary>How many.</summary>
    [AtLeast(0)]
    [Help("How many of the largest terms are listed for each position; 0 = all, in the order in which they are added.")]
    public int Terms { get; init; } = 20;

    /// <summary>Measure.</summary>
    [Help("What makes a term large: size, |weight| times the length of what is added; or weight.")]
    public TermMeasure By { get; init; }

    /// <summary>Words.</summary>
    [Help("Which terms get words: listed, all (those of the file too: minutes for a long text), or none.")]
    public TermWords Words { get; init; }

    /// <summary>Whole table.</summary>
    [Help("Write every term with its weight at every token to stream-table-terms.csv, as they come; needs --out.")]
    public bool File { get; init; }

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Words of each term.")]
    public int K { get; init; } = 5;

    /// <summary>Reading.</summary>
    [Help("How what is written is read: written: as the final norm scales it, without its bias, times W_U; written-cosine: as a cosine; cosine or dot: with W_E; final-norm: under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it. auto: written, or cosine for encoders.")]
    public MessageReading Read { get; init; }

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: whose columns are the input weights of neurons, gate (hook_pre) or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Longest drawn.</summary>
    [AtLeast(0)]
    [Help("Draw the weights of the terms listed for prompts of at most this many tokens; 0 = none.")]
    public int Draw { get; init; } = 64;
}
