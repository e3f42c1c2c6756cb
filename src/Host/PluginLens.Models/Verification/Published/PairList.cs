namespace PluginLens.Models.Verification.Published;

/// <summary>The largest entries of a head's OV or QK matrix over the vocabulary, and how many lie above a threshold.</summary>
internal sealed class PairList(PairListData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var name = $"{data.Circuit} of head {data.Layer}.{data.Head}";
        var embed = model.WE;
        var isOv = data.Circuit == "ov";
        var rows = compute.Multiply(embed, isOv ? model.WV(data.Layer, data.Head) : model.WQ(data.Layer, data.Head));
        var columns = compute.Multiply(embed, isOv ? model.WO(data.Layer, data.Head).Transpose() : model.WK(data.Layer, data.Head));
        var ascii = new TokenFilter { OnlyAscii = true, Padding = Padding.Keep }.Mask(model);
        foreach (var entry in data.Counts)
        {
            // The authors' float32 puts an entry or two on the other side of the threshold.
            var slack = entry.Count / 1000;
            var found = Count(compute, rows, columns, entry, slack, null);
            found = Math.Abs(found - entry.Count) > slack ? Count(compute, rows, columns, entry, slack, ascii) : found;
            yield return ModelCheck.Within($"{name}: entries above {entry.Threshold}", Math.Abs(found - entry.Count), slack, $"found {found}, published {entry.Count} (A22, A23)");
        }

        if (data.Pairs.Length > 0)
        {
            yield return List(name, model, compute, rows, columns, ascii);
        }
    }

    private ModelCheck List(string name, Model model, Compute compute, Matrix rows, Matrix columns, bool[]? ascii)
    {
        var top = compute.TopPairs(rows, columns, new PairQuery { K = data.Pairs.Length, KeepRows = ascii, KeepColumns = ascii });
        var ids = Rows.Ids(model, id => model.Token(id).Text);
        var (worst, where) = (0.0, "none");
        foreach (var (rank, pair) in data.Pairs.Index())
        {
            var known = ids.TryGetValue(pair[0], out var row) & ids.TryGetValue(pair[1], out var column);
            var difference = known && rank < top.Count ? Rows.Relative(Float64.Dot(rows.Row(row), columns.Row(column)) - top[rank].Score, Math.Abs(top[0].Score)) : double.PositiveInfinity;
            (worst, where) = difference > worst ? (difference, $"rank {rank + 1}, published '{pair[0]}' and '{pair[1]}'") : (worst, where);
        }

        return ModelCheck.Within($"{name}: top pairs", worst, 1e-5, $"{data.Pairs.Length} pairs of ASCII tokens; score of the published pair against that of its rank; worst: {where} (A22, A23)");
    }

    private static int Count(Compute compute, Matrix rows, Matrix columns, PairCount entry, int slack, bool[]? keep) =>
        compute.TopPairs(rows, columns, new PairQuery { K = entry.Count + slack + 1, KeepRows = keep, KeepColumns = keep }).Count(pair => pair.Score > entry.Threshold);
}

/// <summary>Published: counts above thresholds; decoded pairs, row and column, in order.</summary>
internal sealed record PairListData(string Model, string Circuit, int Layer, int Head, PairCount[] Counts, string[][] Pairs);

/// <summary>How many entries lie above a threshold.</summary>
internal sealed record PairCount(double Threshold, int Count);
