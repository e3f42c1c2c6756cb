namespace PluginLens.Models.Verification.Published;

/// <summary>Which positions a head looks for from one position: cosines of x W_Q W_Kᵀ with the position embeddings.</summary>
internal sealed class PositionBias(PositionBiasData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var positions = model.Weight("pos_embed.W_pos").AsMatrix();
        var query = compute.Multiply(positions.Slice(data.Position, 1), model.WQ(data.Layer, data.Head));
        var pattern = compute.Multiply(query, model.WK(data.Layer, data.Head).Transpose());
        var top = compute.TopRows(pattern, positions, new RowQuery { K = data.Top.Length, Scale = Rows.InverseNorms(positions) });
        var norm = Rows.Norm(pattern.Row(0));
        var worst = data.Top.Select((entry, rank) => Math.Max(
            Rows.Relative(top.ScoresOf(0)[rank] - (entry.Cosine * norm), norm),
            Rows.Relative((Float64.Dot(pattern.Row(0), positions.Row(entry.Position)) / Rows.Norm(positions.Row(entry.Position))) - (entry.Cosine * norm), norm))).Max();
        yield return ModelCheck.Within(
            $"positions of head {data.Layer}.{data.Head} from {data.Position}", worst, 0.0006, $"{data.Top.Length} positions by rank and cosine, three digits; found {string.Join(", ", top.IdsOf(0).ToArray())} (A6)");
    }
}

/// <summary>Published: the positions with the largest cosines.</summary>
internal sealed record PositionBiasData(int Layer, int Head, int Position, PositionCosine[] Top);

/// <summary>One of them.</summary>
internal sealed record PositionCosine(int Position, double Cosine);
