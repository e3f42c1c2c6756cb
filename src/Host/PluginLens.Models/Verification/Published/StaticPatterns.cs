namespace PluginLens.Models.Verification.Published;

/// <summary>What heads look for when they read a word alone, x W_Q W_Kᵀ without positions, norms or biases: lists of which some have cosines.</summary>
internal sealed class StaticPatterns(StaticPatternsData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var patterns = new float[data.Rows.Length * model.Config.DModel];
        foreach (var (at, row) in data.Rows.Index())
        {
            var id = model.Tokenizer!.Encode(row.Word!)[0];
            var pattern = Rows.Pattern(model, row.Layer, row.Head, Rows.Wide(model.WE.Row(id)));
            Rows.Narrow(pattern).CopyTo(patterns, at * pattern.Length);
        }

        var matrix = new Matrix(patterns, data.Rows.Length, model.Config.DModel);
        var ids = Rows.Ids(model, model.Tokenizer!.Piece);
        yield return new PatternRows(model, data.Rows, 1e-5).Compare("patterns of single words", "A1", compute, matrix, ids, null);
    }
}

/// <summary>Published: one list for each word and head.</summary>
internal sealed record StaticPatternsData(PatternRow[] Rows);
