namespace PluginLens.Plugins.HeadTables;

/// <summary>
/// How often each token occurs in a text, and the probability <c>p = (n / total + 1e-10) / sum</c> that <c>key-query-output</c> weighs tokens with.
/// "Attention Head Analysis", the token probabilities.
/// </summary>
[Analysis("token-freq", "How often tokens occur",
    Answers = "For a text, how often each token occurs and how likely that makes it.",
    Source = "Attention Head Analysis, token probabilities")]
[Holds(Verdict.Exact, "it counts tokens; the model's weights take no part")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "text has no tokens without a tokenizer")]
[Writes("token-freq", typeof(CountedToken))]
public sealed class TokenFreq : Analysis<TokenFreqOptions>
{
    private const int Drawn = 40;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TokenFreqOptions options)
    {
        var model = context.Model;
        var found = TokenProbabilities.OfText(context, options.Path(), "words");
        context.Results.Note(NoteLine.Of(found.Description, FormattableString.Invariant($"p of a token that does not occur {found.P.Min():0.00e+00}"), "a line at a time, without the white space around it"));
        int[] ids = [.. Enumerable.Range(0, found.Counts.Length).Where(id => options.Unseen || found.Counts[id] > 0).OrderByDescending(id => found.Counts[id]).ThenBy(id => id)];
        var table = context.Results.Table<CountedToken>("token-freq");
        foreach (var (at, id) in ids.Index())
        {
            table.Add(new CountedToken(at + 1, model.Token(id), found.Counts[id], found.P[id]));
        }

        if (ids.Length == 0)
        {
            return; // A text without words: a table without rows, and nothing to draw.
        }

        int[] drawn = ids[..Math.Min(Drawn, ids.Length)];
        context.Results.Figure("token-freq", new Chart(
            "The most frequent tokens", "token", "probability", [.. drawn.Select(id => model.Token(id).Text)], [new Series("p", [.. drawn.Select(id => (double?)found.P[id])])], AsBars: true));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TokenFreqOptions options)
    {
        var file = new FileInfo(options.Path());
        double tokens = context.Model.Config.DVocab, read = file.Exists ? file.Length : throw new UsageException($"--words '{file}': there is no such file.");
        return Costs.Sum(new Cost(read + (10 * tokens), 3 * sizeof(double) * tokens), Costs.Rows<CountedToken>(options.Unseen ? tokens : Math.Min(tokens, read)));
    }
}

/// <summary>A token of the text.</summary>
/// <param name="Rank">1 = most frequent; equally frequent ones by id.</param>
/// <param name="Token">The token.</param>
/// <param name="Count">How often it occurs.</param>
/// <param name="P">Its probability.</param>
public sealed record CountedToken(int Rank, Token Token, long Count, double P);

/// <summary>Options of <c>token-freq</c>.</summary>
public sealed record TokenFreqOptions
{
    /// <summary>The text.</summary>
    [Help("A text file (UTF-8), read a line at a time.")]
    public string? Words { get; init; }

    /// <summary>Tokens that do not occur.</summary>
    [Help("List the tokens that do not occur as well.")]
    public bool Unseen { get; init; }

    /// <summary>The text, which has to be given.</summary>
    internal string Path() => Words ?? throw new UsageException("token-freq counts the tokens of a text; give --words FILE.");
}
