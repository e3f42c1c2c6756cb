namespace PluginLens.Plugins.Messages;

/// <summary>
/// What kind of head each one is, told from the words of the patterns and messages of a text's tokens: it attends to its own kind, says the token itself, says or looks for one and
/// the same, follows the first letter, says what comes next, or does something that can be read from end to end (trifecta). Each flag stands beside the share that decides it.
/// McCormick, "Patterns and Messages", part 6, names these by example; the thresholds are ours.
/// </summary>
[Analysis("head-behaviours", "What kind of head each one is",
    Answers = "Which heads attend to their own kind, repeat the token, always say the same, follow its first letter, say what comes next, or can be read from pattern to message.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words are compared by their text")]
[Holds(Verdict.Approximate, Trait.Bidirectional, "nothing follows in a model that reads both ways: predictive is left empty")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: messages are compared with W_E, no list is flagged and nothing is predicted")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows the sum of the heads and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.Rotary, "patterns are those before the rotation; --offset r gives those of a query r positions after its key")]
[Holds(Verdict.Approximate, Trait.RotaryScaled, "the rotated dimensions carry the square of rope_attention_factor, which only --offset applies; long contexts use other frequencies")]
[Holds(Verdict.Approximate, Trait.Alibi, "patterns leave the bias by distance out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "the vocabulary's side of a pattern is not normed as q and k are")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores of patterns are before their soft-cap, which keeps their order")]
[Writes("head-behaviours", typeof(HeadBehaviour))]
[Writes("trifectas", typeof(HeadTrifecta))]
public sealed class HeadBehaviours : Analysis<HeadBehavioursOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, HeadBehavioursOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        options.RefuseFlags();
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var (both, texts) = (new HeadTexts(context, options, options.K, options.Read, options.NoValueBias), new WordTexts(model));
        var table = context.Results.Table<HeadBehaviour>("head-behaviours", groupBy: 2);
        var trifectas = context.Results.Table<HeadTrifecta>("trifectas", groupBy: 3);
        context.Results.Note(both.PatternDescription);
        context.Results.Note(both.MessageDescription);
        context.Results.Note(FormattableString.Invariant(
            $"flags: share above or at {options.MinSelf} (self-attending), {options.MinIdentity} (identity), {options.MinRepeat} (repeating, mean {$"{options.Alike}".ToLowerInvariant()} of pairs), {options.MinLetter} (first letter of the {$"{options.LetterOf}".ToLowerInvariant()}), {options.MinPredictive} (predictive); trifecta: a weight of {options.Tau} or more; texts compared stripped and in lower case"));
        foreach (var (index, prompt) in prompts.Index())
        {
            var (tokens, rows) = (prompt.Tokens, new List<HeadBehaviour>());
            var predicted = Predicted(context, prompt);
            foreach (var head in both.Of(prompt, index, layers, heads))
            {
                var found = Trifectas(head).ToList();
                foreach (var (query, key) in found)
                {
                    trifectas.Add(new HeadTrifecta(
                        index, head.Layer, head.Head, query, model.Token(tokens[query]), key, model.Token(tokens[key]), head.Attention.Row(query)[key], First(head.Patterns[key]), First(head.Messages[key])));
                }

                rows.Add(Judged(head, found.Select(pair => pair.Query).Distinct().Count()));
            }

            rows.ForEach(table.Add);
            foreach (var (name, value) in Shares)
            {
                context.Results.Figure($"{name}-{index}", new Heatmap(
                    $"{name.Replace('-', ' ')}, prompt {index}", "head", "layer", [.. heads.Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")],
                    [.. rows.Chunk(heads.Count).Select(row => Array.ConvertAll(row, head => value(head)))]));
            }

            HeadBehaviour Judged(HeadText head, int queries)
            {
                double Own(TokenList[] lists) => lists.Index().Average(entry => entry.Item.Ids.Any(id => texts.AreAlike(id, tokens[entry.Index])) ? 1.0 : 0);
                double? Says(Func<int, int> wanted) => tokens.Length < 2 ? null : Enumerable.Range(0, tokens.Length - 1).Average(at => head.Messages[at].Ids.Any(id => texts.AreAlike(id, wanted(at))) ? 1.0 : 0);
                var lettered = options.LetterOf == WordSide.Pattern ? head.Patterns : head.Messages;
                double self = Own(head.Patterns), identity = Own(head.Messages);
                double? looks = Alike(head.Patterns, head.PatternRows), says = Alike(head.Messages, head.MessageRows), letter = SameLetter(lettered);
                double? next = config.AttentionDir == "causal" ? Says(at => tokens[at + 1]) : null, own = predicted is { } ids ? Says(at => ids[at]) : null;

                // Of a text with fewer tokens than that, no query has a token beside itself and the first.
                var able = config.AttentionDir == "causal" ? tokens.Length - 2 : tokens.Length > 2 ? tokens.Length : tokens.Length - 1;
                return new HeadBehaviour(
                    index, head.Layer, head.Head, self >= options.MinSelf, self, identity >= options.MinIdentity, identity, looks >= options.MinRepeat, looks, says >= options.MinRepeat, says,
                    letter >= options.MinLetter, letter, next >= options.MinPredictive || own >= options.MinPredictive, next, own, queries > 0, able > 0 ? queries / (double)able : null);
            }

            double? SameLetter(TokenList[] lists)
            {
                var shares = lists.Index().Where(entry => texts.Letter(tokens[entry.Index]) is not null && entry.Item.Ids.Length > 0)
                    .Select(entry => entry.Item.Ids.Average(id => texts.Letter(id) == texts.Letter(tokens[entry.Index]) ? 1.0 : 0)).ToList();
                return shares.Count == 0 ? null : shares.Average();
            }

            IEnumerable<(int Query, int Key)> Trifectas(HeadText head) =>
                from query in Enumerable.Range(0, tokens.Length)
                from key in Enumerable.Range(1, tokens.Length - 1)
                where key != query && head.Attention.Row(query)[key] >= options.Tau && both.IsHighBias(head.Patterns[key]) != true && both.IsHighBias(head.Messages[key]) != true
                select (query, key);
        }

        Token? First(TokenList list) => list.Ids.Length == 0 ? null : model.Token(list.Ids[0]);

        double? Alike(TokenList[] lists, Matrix rows) => lists.Length < 2 ? null
            : options.Alike == ListLikeness.Cosine ? MeanCosine(rows) : TokenSets.MeanJaccard(Array.ConvertAll(lists, list => list.Ids));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, HeadBehavioursOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        options.RefuseFlags();
        MessageWords.Check(model, options.Read);
        var layers = options.Layer.Of(config.NLayers, "layer");
        double heads = options.Head.Of(config.NHeads, "head").Count, all = layers.Count * heads;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                HeadTexts.CostOf(model, options, options.K, prompt.Tokens.Length, layers, heads),
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: true),
                new Cost(all * prompt.Tokens.Length * prompt.Tokens.Length * (options.Alike == ListLikeness.Cosine ? 2 : 2.0 * options.K), 0)))),
            Costs.Rows<HeadBehaviour>(prompts.Count * all),

            // Weights of a query sum to 1.
            Costs.Rows<HeadTrifecta>(all * prompts.Sum(prompt => prompt.Tokens.Length * Math.Min(prompt.Tokens.Length, options.Tau > 0 ? 1 / options.Tau : double.PositiveInfinity))));
    }

    private static IEnumerable<(string Name, Func<HeadBehaviour, double?> Value)> Shares =>
    [
        ("self-attending", row => row.SelfShare), ("identity-message", row => row.IdentityShare), ("repeating-pattern", row => row.PatternAlike), ("repeating-message", row => row.MessageAlike),
        ("first-letter", row => row.LetterShare), ("predictive-next", row => row.NextShare), ("predictive-predicted", row => row.PredictedShare), ("trifecta", row => row.TrifectaShare),
    ];

    /// <summary>What the model predicts at each position; null where it predicts nothing.</summary>
    private static int[]? Predicted(AnalysisContext context, Prompt prompt)
    {
        var model = context.Model;
        if (!model.HasWeight("unembed.W_U") || model.Config.AttentionDir != "causal")
        {
            return null;
        }

        var logits = PromptBatches.Run(context, model, [prompt], ["logits"]).Single().Activations["logits"][0].AsMatrix();
        return [.. Enumerable.Range(0, logits.Rows).Select(position =>
        {
            var row = logits.Row(position);
            var best = 0;
            for (var token = 1; token < row.Length; token++)
            {
                best = row[token] > row[best] ? token : best;
            }

            return best;
        })];
    }

    /// <summary>Mean cosine over pairs i &lt; j, from the length of the sum of unit vectors: <c>(|sum|² - sum |u|²) / (n (n - 1))</c>; a zero vector has cosine 0 with all.</summary>
    private static double MeanCosine(Matrix rows)
    {
        var (sum, lengths) = (new double[rows.Columns], 0.0);
        for (var at = 0; at < rows.Rows; at++)
        {
            var row = rows.Row(at);
            var square = 0.0;
            foreach (var value in row)
            {
                square += (double)value * value;
            }

            for (var column = 0; column < row.Length && square > 0; column++)
            {
                sum[column] += row[column] / Math.Sqrt(square);
            }

            lengths += square > 0 ? 1 : 0;
        }

        return (sum.Sum(value => value * value) - lengths) / (rows.Rows * (rows.Rows - 1.0));
    }
}

/// <summary>What a head does with a text.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="SelfAttending">Whether tokens would be attended to by themselves.</param>
/// <param name="SelfShare">Share of tokens that stand in their own pattern's list.</param>
/// <param name="IdentityMessage">Whether tokens say themselves.</param>
/// <param name="IdentityShare">Share of tokens that stand in their own message's list.</param>
/// <param name="RepeatingPattern">Whether all patterns are about the same.</param>
/// <param name="PatternAlike">Mean likeness of two patterns; none for a single token.</param>
/// <param name="RepeatingMessage">Whether all messages are.</param>
/// <param name="MessageAlike">Mean likeness of two messages; none for a single token.</param>
/// <param name="FirstLetter">Whether words begin as the token does.</param>
/// <param name="LetterShare">Share of the words of tokens with a letter that begin with that letter; none where no token has one.</param>
/// <param name="Predictive">Whether messages say what comes next, or what the model holds likeliest.</param>
/// <param name="NextShare">Share of the tokens with one behind them whose message lists it; none for a single token and in models that read both ways.</param>
/// <param name="PredictedShare">The same of the token that the model predicts there.</param>
/// <param name="Trifecta">Whether any query attends to a key that is neither itself nor the first, by a pattern and for a message that are not made of tokens with a high bias.</param>
/// <param name="TrifectaShare">Share of the queries that can; none for texts too short.</param>
public sealed record HeadBehaviour(
    int Prompt, int Layer, int Head, bool SelfAttending, double SelfShare, bool IdentityMessage, double IdentityShare, bool RepeatingPattern, double? PatternAlike, bool RepeatingMessage, double? MessageAlike,
    bool FirstLetter, double? LetterShare, bool Predictive, double? NextShare, double? PredictedShare, bool Trifecta, double? TrifectaShare);

/// <summary>A weight that can be read from end to end.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position that attends, from 0.</param>
/// <param name="Query">The token there.</param>
/// <param name="Source">Position that is attended to.</param>
/// <param name="Key">The token there.</param>
/// <param name="Weight">The weight.</param>
/// <param name="Pattern">First word of the key's pattern.</param>
/// <param name="Message">First word of its message.</param>
public sealed record HeadTrifecta(int Prompt, int Layer, int Head, int Position, Token Query, int Source, Token Key, double Weight, Token? Pattern, Token? Message);
