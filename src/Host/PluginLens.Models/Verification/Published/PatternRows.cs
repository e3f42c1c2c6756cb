namespace PluginLens.Models.Verification.Published;

/// <summary>Compares printed lists of the tokens next to patterns, by cosine with W_E.</summary>
/// <param name="model">The model.</param>
/// <param name="rows">What is printed.</param>
/// <param name="rounding">How far two ways to compute a cosine in float32 may differ.</param>
internal sealed class PatternRows(Model model, PatternRow[] rows, double rounding)
{
    /// <summary>How many of the printed entries differ, and by how much the worst does.</summary>
    /// <param name="name">Of the check.</param>
    /// <param name="source">The analysis that the table is of.</param>
    /// <param name="compute">Products over the vocabulary.</param>
    /// <param name="patterns">One row for each printed row.</param>
    /// <param name="ids">Ids by their printed form.</param>
    /// <param name="keep">The tokens that take part; null = all.</param>
    public ModelCheck Compare(string name, string source, Compute compute, Matrix patterns, Dictionary<string, int> ids, bool[]? keep)
    {
        var inverse = Rows.InverseNorms(model.WE);
        var top = compute.TopRows(patterns, model.WE, new RowQuery { K = rows.Max(row => row.Length), Scale = inverse, Keep = keep });
        var (worst, where, beyond) = (0.0, "none", 0);
        foreach (var (at, row) in rows.Index())
        {
            var norm = Rows.Norm(patterns.Row(at));
            for (var rank = 0; rank < row.Length; rank++)
            {
                // What is cut off in print is taken from here, and so equal.
                var ranked = rank < top.K ? top.ScoresOf(at)[rank] : double.NegativeInfinity;
                var token = rank >= row.Tokens.Length ? ranked : ids.TryGetValue(row.Tokens[rank], out var id) ? Float64.Dot(patterns.Row(at), model.WE.Row(id)) * inverse[id] : double.NegativeInfinity;
                var printed = rank < row.Scores.Length ? row.Scores[rank] * norm : ranked;
                var allowed = (rank < row.Scores.Length ? HalfUnit(row.Scores[rank]) : 0) + rounding;
                var difference = Math.Max(Rows.Relative(token - printed, norm * allowed), Rows.Relative(ranked - printed, norm * allowed));
                beyond += difference > 1 ? 1 : 0;
                (worst, where) = difference > worst ? (difference, Place(row, rank, top.K > rank ? top.IdsOf(at)[rank] : null)) : (worst, where);
            }
        }

        var what = $"{rows.Sum(row => row.Length)} entries of {rows.Length} lists, in halves of the last printed digit (and {rounding:0e0} for rounding); {beyond} beyond; worst: {where} ({source})";
        return ModelCheck.Within(name, worst, 1, what);
    }

    /// <summary>Half of the second significant digit: 0.05 of 1.0, 0.0005 of 0.099.</summary>
    internal static double HalfUnit(double printed) => printed == 0 ? 0 : 0.5 * Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(printed)) + 1e-9) - 1);

    private string Place(PatternRow row, int rank, int? found)
    {
        var word = row.Word is null ? string.Empty : $"'{row.Word}' in ";
        var token = rank < row.Tokens.Length ? $"'{row.Tokens[rank]}'" : "a score";
        return $"{word}head {row.Layer}.{row.Head}, rank {rank + 1}, published {token}, found '{(found is { } id ? model.Tokenizer!.Piece(id) : null)}'";
    }
}

/// <summary>Published: tokens next to a head's pattern, best first, and cosines to two digits; either may be cut short.</summary>
internal sealed record PatternRow(string? Word, int Layer, int Head, string[] Tokens, double[] Scores)
{
    /// <summary>Ranks of which something is printed.</summary>
    public int Length => Math.Max(Tokens.Length, Scores.Length);
}
