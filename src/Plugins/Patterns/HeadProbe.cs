using System.Text;

namespace PluginLens.Plugins.Patterns;

/// <summary>
/// What one head looks for, given groups of words that belong together: <c>p = e W_Q W_Kᵀ</c> and the tokens most similar to it, as <c>patterns-static</c>.
/// McCormick, "Inspecting head behaviour through pattern projections", section 1.3.
/// </summary>
[Analysis("head-probe", "What one head looks for, by groups of words",
    Answers = "For groups of words without context, what one head looks for: whether words of one kind look for the same.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, section 1.3")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words have no ids without a tokenizer")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Writes("head-probe", typeof(ProbedWord))]
public sealed class HeadProbe : Analysis<HeadProbeOptions>
{
    private const int Width = 10;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, HeadProbeOptions options)
    {
        var (model, groups) = (context.Model, options.Grouped());
        var (layer, head) = options.Where(model.Config);
        var words = SingleTokens.Of(context, [.. groups.SelectMany(group => group)], options.Form);
        var (patterns, similar) = (new StaticPatterns(context, options, words), new SimilarWords(context, options, options.K));
        context.Results.Note(NoteLine.Of($"head {layer}.{head}", patterns.Description, similar.Description));
        var lists = similar.Of(new NormedVocabulary(model.WE, norm: null), patterns.Of(layer, [head]), options.Score);
        var table = context.Results.Table<ProbedWord>("head-probe", groupBy: 5, options.Unasked("LargeNorm"));
        var (document, at) = (new StringBuilder(), 0);
        foreach (var (number, group) in groups.Index())
        {
            foreach (var text in group)
            {
                document.Append(DocumentText.Right(text, Width)).Append(": ");
                foreach (var (rank, id) in lists[at].Ids.Index())
                {
                    table.Add(new ProbedWord(layer, head, number, words[at], rank + 1, model.Token(id), lists[at].Scores[rank], similar.IsHighBias(lists[at]), similar.IsLargeNorm(id)));
                    document.Append(DocumentText.Right(model, id, Width)).Append(' ');
                }

                document.Append('\n');
                at++;
            }

            document.Append("\n\n").Append('-', 32).Append("\n\n\n");
        }

        var cells = lists.Select(list => list.Ids.Select((id, rank) => new TokenCell(model.Token(id).Text, list.Scores[rank])).ToArray());
        var longest = lists.Max(list => list.Ids.Length);
        context.Results.Figure("head-probe", new TokenGrid($"What head {layer}.{head} looks for", "rank", "word", [.. Enumerable.Range(1, longest).Select(rank => $"{rank}")], [.. words.Select(word => word.Text)],
            [.. cells.Select(row => row.Concat(Enumerable.Repeat(new TokenCell(string.Empty, null), longest - row.Length)).ToArray())]));
        if (options.Layout == Layout.Document)
        {
            DocumentText.Write(context, "head-probe-document.txt", document);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, HeadProbeOptions options)
    {
        var model = context.Model;
        _ = options.Where(model.Config);
        double words = options.Grouped().Sum(group => group.Length);
        return Costs.Sum(Costs.Widened(model), StaticPatterns.CostOf(model, options, words, 1), Costs.Rows<ProbedWord>(words * Math.Min(options.K, model.Config.DVocab)));
    }
}

/// <summary>One rank of a word's pattern in the head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Group">Group of the word, from 0.</param>
/// <param name="Word">The word that was asked for.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="Token">What the head looks for.</param>
/// <param name="Score">Cosine or dot product.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
public sealed record ProbedWord(int Layer, int Head, int Group, Token Word, int Rank, Token Token, double Score, bool? HighBias, bool? LargeNorm = null);

/// <summary>Options of <c>head-probe</c>.</summary>
public sealed record HeadProbeOptions : StaticOptions
{
    /// <summary>Groups.</summary>
    [Help("Groups of words: words separated by commas, groups by slashes: happy,sad/red,blue.")]
    public string Words { get; init; } = "happy,sad,scared/red,blue,green/one,two,three";

    /// <summary>Layer.</summary>
    [Help("Layer; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.Parse("0");

    /// <summary>Head.</summary>
    [Help("Query head; -1 is the last.")]
    public Selection Head { get; init; } = Selection.Parse("3");

    /// <summary>The words of each group; empty groups are left out.</summary>
    internal string[][] Grouped() => [.. Words.Split('/').Select(group => group.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Where(group => group.Length > 0)];

    /// <summary>The one head that is meant.</summary>
    /// <param name="config">The model.</param>
    internal (int Layer, int Head) Where(ModelConfig config) => (Layer.Of(config.NLayers, "layer"), Head.Of(config.NHeads, "head")) is ([var layer], [var head])
        ? (layer, head)
        : throw new UsageException($"--layer {Layer} --head {Head}: head-probe reads one head; for several run patterns-static.");
}
