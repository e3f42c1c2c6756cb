namespace PluginLens.Plugins.Messages;

/// <summary>
/// One head as a table: for each token of a text the words of its pattern (which tokens would attend to it) and of its message (what it says to those that do), beside the weight
/// <c>A[q,k]</c> with which each token q attended to it. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("attended-messages", "Patterns, messages and attention of a head, side by side",
    Answers = "For a head and a text, which tokens would attend to each token, what it says to those that do, and who did.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: messages are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows the sum of the heads and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.Rotary, "patterns are those before the rotation; --offset r gives those of a query r positions after its key")]
[Holds(Verdict.Approximate, Trait.RotaryScaled, "the rotated dimensions carry the square of rope_attention_factor, which only --offset applies; long contexts use other frequencies")]
[Holds(Verdict.Approximate, Trait.Alibi, "patterns leave the bias by distance out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "the vocabulary's side of a pattern is not normed as q and k are")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores of patterns are before their soft-cap, which keeps their order")]
[Writes("attended-messages", typeof(AttendedToken))]
[Writes("words", typeof(AttendedWord))]
[Writes("weights", typeof(AttendedWeight))]
public sealed class AttendedMessages : Analysis<AttendedMessagesOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AttendedMessagesOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        options.RefuseFlags();
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var both = new HeadTexts(context, options, options.K, options.Read, options.NoValueBias);
        var table = context.Results.Table<AttendedToken>("attended-messages", groupBy: 3);
        var words = context.Results.Table<AttendedWord>("words", groupBy: 6);
        var weights = context.Results.Table<AttendedWeight>("weights", groupBy: 3);
        context.Results.Note(both.PatternDescription);
        context.Results.Note(both.MessageDescription);
        foreach (var (index, prompt) in prompts.Index())
        {
            var tokens = prompt.Tokens;
            var labels = PromptLabels.Of(model, tokens, Enumerable.Range(0, tokens.Length));
            if (tokens.Length > options.Draw && options.Draw > 0)
            {
                context.Results.Note($"prompt {index} has {Counted.Of(tokens.Length, "token")}: not drawn beyond --draw {options.Draw}");
            }

            foreach (var read in both.Of(prompt, index, layers, heads))
            {
                var cells = tokens.Select(_ => new List<TokenCell>()).ToArray();
                foreach (var (at, token) in tokens.Index())
                {
                    var (pattern, message) = (read.Patterns[at], read.Messages[at]);
                    double?[] column = [.. Enumerable.Range(0, tokens.Length).Select(query => at <= query || config.AttentionDir != "causal" ? (double?)read.Attention.Row(query)[at] : null)];
                    var others = column.Where((weight, query) => query != at && weight is not null).ToList();
                    table.Add(new AttendedToken(
                        index, read.Layer, read.Head, at, model.Token(token), pattern.Text(model), message.Text(model), column[at]!.Value, others.Count == 0 ? null : others.Average(), both.IsHighBias(pattern), both.IsHighBias(message)));
                    Add(WordSide.Pattern, pattern);
                    Add(WordSide.Message, message);
                    cells[at].AddRange([
                        new TokenCell(pattern.Text(model), null), new TokenCell(message.Text(model), null),
                        .. column.Select(weight => new TokenCell(weight is { } value ? FormattableString.Invariant($"{value:0.00}") : string.Empty, weight))]);

                    void Add(WordSide side, TokenList list)
                    {
                        foreach (var (rank, id) in list.Ids.Index())
                        {
                            words.Add(new AttendedWord(index, read.Layer, read.Head, at, model.Token(token), side, rank + 1, model.Token(id), list.Scores[rank]));
                        }
                    }
                }

                for (var query = 0; query < tokens.Length; query++)
                {
                    for (var key = 0; key < tokens.Length; key++)
                    {
                        if (key <= query || config.AttentionDir != "causal")
                        {
                            weights.Add(new AttendedWeight(index, read.Layer, read.Head, query, model.Token(tokens[query]), key, model.Token(tokens[key]), read.Attention.Row(query)[key]));
                        }
                    }
                }

                if (tokens.Length <= options.Draw)
                {
                    context.Results.Figure($"attended-{index}-l{read.Layer}h{read.Head}", new TokenGrid(
                        $"Patterns, messages and attention of L{read.Layer}H{read.Head} in prompt {index}", "pattern, message, attention of each token", "token that is attended to",
                        ["pattern", "message", .. labels], labels, Array.ConvertAll(cells, row => row.ToArray())));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AttendedMessagesOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        options.RefuseFlags();
        MessageWords.Check(model, options.Read);
        var layers = options.Layer.Of(config.NLayers, "layer");
        double heads = options.Head.Of(config.NHeads, "head").Count, lists = layers.Count * heads * prompts.Sum(prompt => (double)prompt.Tokens.Length);
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => HeadTexts.CostOf(model, options, options.K, prompt.Tokens.Length, layers, heads))),
            Costs.Rows<AttendedToken>(lists),
            Costs.Rows<AttendedWord>(2 * lists * Math.Min(options.K, config.DVocab)),
            Costs.Rows<AttendedWeight>(layers.Count * heads * prompts.Sum(prompt => (double)prompt.Tokens.Length * prompt.Tokens.Length)));
    }
}

/// <summary>A token of a text as a head sees it.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Pattern">The words of its pattern, best first.</param>
/// <param name="Message">The words of its message, best first.</param>
/// <param name="Self">The weight with which it attends to itself.</param>
/// <param name="Received">The mean weight with which the others attend to it that may; none for a token that no other reads.</param>
/// <param name="PatternHighBias">Whether the pattern is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="MessageHighBias">Whether the message is.</param>
public sealed record AttendedToken(
    int Prompt, int Layer, int Head, int Position, Token Input, string Pattern, string Message, double Self, double? Received, bool? PatternHighBias, bool? MessageHighBias);

/// <summary>One rank of a token's pattern or message.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Side">Pattern or message.</param>
/// <param name="Rank">1 = first.</param>
/// <param name="Token">A word of it.</param>
/// <param name="Score">As <c>--score</c> or <c>--read</c> says.</param>
public sealed record AttendedWord(int Prompt, int Layer, int Head, int Position, Token Input, WordSide Side, int Rank, Token Token, double Score);

/// <summary>One weight of the head.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position that attends, from 0.</param>
/// <param name="Query">The token there.</param>
/// <param name="Source">Position that is attended to.</param>
/// <param name="Key">The token there.</param>
/// <param name="Weight">0 to 1; those of a query sum to 1.</param>
public sealed record AttendedWeight(int Prompt, int Layer, int Head, int Position, Token Query, int Source, Token Key, double Weight);

/// <summary>Which words of a token.</summary>
public enum WordSide
{
    /// <summary>Those of its pattern.</summary>
    Pattern,

    /// <summary>Those of its message.</summary>
    Message,
}

/// <summary>Options of <c>attended-messages</c>.</summary>
public sealed record AttendedMessagesOptions : PatternOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.Parse("0");

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.Parse("0");

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Words of each pattern and message.")]
    public int K { get; init; } = 5;

    /// <summary>Reading.</summary>
    [Help("How messages are read; written: as the final norm scales them, without its bias, times W_U; cosine or dot: with W_E; final-norm: under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it. auto: written, or cosine for post-norm models and encoders.")]
    public MessageReading Read { get; init; }

    /// <summary>Biases of values.</summary>
    [Help("Leave b_V out of messages.")]
    public bool NoValueBias { get; init; }

    /// <summary>Up to which length heads are drawn.</summary>
    [AtLeast(0)]
    [Help("Figures of prompts up to this many tokens; 0 = none.")]
    public int Draw { get; init; } = 64;
}
