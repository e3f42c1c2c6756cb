namespace PluginLens.Models.Verification.Published;

/// <summary>What a head looks for when it reads a word: the nearest embeddings to x W_Q W_Kᵀ by cosine, without positions, norms or biases.</summary>
internal sealed class HeadProbe(HeadProbeData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var embed = model.WE;
        var ids = Rows.Ids(model, model.Tokenizer!.Piece);
        var words = data.Words.Keys.ToArray();
        var x = new float[words.Length * embed.Columns];
        foreach (var (at, word) in words.Index())
        {
            embed.CopyRow(model.Tokenizer.Encode(word)[0], x.AsSpan(at * embed.Columns, embed.Columns));
        }

        var query = compute.Multiply(new Matrix(x, words.Length, embed.Columns), model.WQ(data.Layer, data.Head));
        var patterns = compute.Multiply(query, model.WK(data.Layer, data.Head).Transpose());
        var inverse = Rows.InverseNorms(embed);
        var top = compute.TopRows(patterns, embed, new RowQuery { K = data.Words.Values.Max(tokens => tokens.Length), Scale = inverse });
        var (worst, where) = (0.0, "none");
        foreach (var (row, word) in words.Index())
        {
            var norm = Rows.Norm(patterns.Row(row));
            foreach (var (rank, token) in data.Words[word].Index())
            {
                var published = ids.TryGetValue(token, out var id) ? Float64.Dot(patterns.Row(row), embed.Row(id)) * inverse[id] : double.NegativeInfinity;
                var difference = Rows.Relative(published - top.ScoresOf(row)[rank], norm);
                (worst, where) = difference > worst ? (difference, $"'{word}', rank {rank + 1}, published '{token}', found '{model.Tokenizer.Piece(top.IdsOf(row)[rank])}'") : (worst, where);
            }
        }

        yield return ModelCheck.Within($"words of head {data.Layer}.{data.Head}", worst, 1e-5, $"{words.Length} words; cosine of the published token against that of its rank; worst: {where} (A2)");
    }
}

/// <summary>Published: for each word the vocabulary's strings that the head looks for, in order.</summary>
internal sealed record HeadProbeData(int Layer, int Head, Dictionary<string, string[]> Words);
