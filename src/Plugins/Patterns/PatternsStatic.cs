using System.Text;

namespace PluginLens.Plugins.Patterns;

/// <summary>
/// What each head looks for, given a word without context: <c>p = e W_Q W_Kᵀ</c>, and the tokens whose embeddings are most similar to p.
/// McCormick, "Inspecting head behaviour through pattern projections", section 1.
/// </summary>
[Analysis("patterns-static", "What heads look for, word by word",
    Answers = "For words without context, what each head looks for: the tokens most similar to e W_Q W_K^T.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, section 1")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words have no ids without a tokenizer")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Writes("patterns-static", typeof(StaticPattern))]
public sealed class PatternsStatic : Analysis<PatternsStaticOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, PatternsStaticOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (layers, heads) = (options.Layers(config), options.Head.Of(config.NHeads, "head"));
        var words = SingleTokens.Of(context, options.Words, options.Form);
        var (patterns, similar, vocabulary) = (new StaticPatterns(context, options, words), new SimilarWords(context, options, options.K), new NormedVocabulary(model.WE, norm: null));
        context.Results.Note(NoteLine.Of(patterns.Description, similar.Description));
        var table = context.Results.Table<StaticPattern>("patterns-static", groupBy: 4, options.Unasked("LargeNorm"));
        var grid = new HeadWords(heads, [.. words.Select(word => word.Text)]);
        var (document, row) = (new StringBuilder(",Word,Layer,Head,Top-k,Scores\n"), 0);
        foreach (var (at, layer) in layers.Index())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(at, layers.Count, $"layer {layer}"));
            foreach (var (head, column, list) in grid.Add(layer, similar.Of(vocabulary, patterns.Of(layer, heads), options.Score), similar.Cell))
            {
                foreach (var (rank, id) in list.Ids.Index())
                {
                    table.Add(new StaticPattern(layer, head, words[column], rank + 1, model.Token(id), list.Scores[rank], similar.IsHighBias(list), similar.IsLargeNorm(id)));
                }

                var text = DocumentText.Field(string.Concat(list.Ids.Select(id => $"{DocumentText.Right(model, id, 8)}, ")));
                document.Append(DocumentText.Line($"{row++},{DocumentText.Field(options.Words[column].Trim())},{layer},{head},{text},{DocumentText.Field(string.Concat(list.Scores.Select(score => $"{DocumentText.TwoDigits(score)}, ")))}"));
            }
        }

        context.Results.Figure("patterns-static", grid.Figure("The token most similar to each pattern", "word"));
        if (options.Layout == Layout.Document)
        {
            DocumentText.Write(context, "patterns-static-document.csv", document);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, PatternsStaticOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        double layers = options.Layers(config).Count, heads = options.Head.Of(config.NHeads, "head").Count, words = options.Words.Length;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(layers, StaticPatterns.CostOf(model, options, words, heads)),
            Costs.Rows<StaticPattern>(layers * heads * words * Math.Min(options.K, config.DVocab)));
    }
}

/// <summary>One rank of a word's pattern in a head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Word">The word that was asked for.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="Token">What the head looks for.</param>
/// <param name="Score">Cosine or dot product.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
public sealed record StaticPattern(int Layer, int Head, Token Word, int Rank, Token Token, double Score, bool? HighBias, bool? LargeNorm = null);

/// <summary>Options of <c>patterns-static</c>.</summary>
public sealed record PatternsStaticOptions : StaticOptions
{
    /// <summary>Words.</summary>
    [Help("Words, separated by commas; of a word of several tokens the first stands for it.")]
    public string[] Words { get; init; } = ["couch", "dog", "run", "happy"];

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last. Empty: the first four.")]
    public Selection? Layer { get; init; }

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>The layers that are meant.</summary>
    /// <param name="config">The model.</param>
    internal IReadOnlyList<int> Layers(ModelConfig config) => Layer is null ? [.. Enumerable.Range(0, Math.Min(4, config.NLayers))] : Layer.Of(config.NLayers, "layer");
}
