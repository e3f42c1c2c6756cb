using PluginLens.Models.Format;

namespace PluginLens.Models.Stitching;

/// <summary>Refuses what one folder cannot say, or would say wrongly.</summary>
internal static class SeamRules
{
    /// <summary>The donor as a model folder; throws with the first thing that does not fit.</summary>
    /// <param name="receiver">The receiver.</param>
    /// <param name="seam">Where they are joined.</param>
    public static OnnxModel Donor(OnnxModel receiver, Seam seam)
    {
        var (a, b) = (seam.Donor.Config, receiver.Config);
        var donor = seam.Donor as OnnxModel ?? throw Bad("the donor was not opened from a model folder");
        Require(seam.Blocks >= 0 && seam.Blocks <= a.NLayers, $"the donor has {a.NLayers} blocks, the seam is after {seam.Blocks}");
        Require(seam.Last >= 1 && seam.Last <= b.NLayers, $"the receiver has {b.NLayers} blocks, {seam.Last} are asked for");
        Require(seam.Map.Rows == a.DModel && seam.Map.Columns == b.DModel, $"the map is {seam.Map.Rows} x {seam.Map.Columns}, expected {a.DModel} x {b.DModel}");
        Require(a.AttentionDir == b.AttentionDir, $"the donor's attention is {a.AttentionDir}, the receiver's {b.AttentionDir}, and a folder has one; padding would be read");
        Require(!seam.LnF || (a.FinalNorm && !a.Traits.Contains(Trait.PostNorm)), "the donor has no final norm to put before the map");
        Require(!seam.AddPositions || b.Positions == "learned", $"the receiver adds no position embeddings to its stream (its positions are {b.Positions})");
        Require(seam.Last == b.NLayers || b.Metadata.GetValueOrDefault("scale_attn_by_inverse_layer_idx", "false") is "false" or "null",
            "the receiver divides attention scores by the number of the block, which changes when the first blocks are left out");
        var ids = receiver.Tokenizer?.Count ?? b.DVocab;
        Require(ids <= donor.EmbeddingRows, $"the receiver knows {ids} token ids, the donor embeds {donor.EmbeddingRows}");
        var (one, other) = (GraphCheck.Opset(donor.Proto), GraphCheck.Opset(receiver.Proto));
        Require(one == other, $"the graphs have opsets {one} and {other}; export both models with one version");
        return donor;

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw Bad(otherwise);
            }
        }

        ModelException Bad(string why) => new($"'{a.Name}' and '{b.Name}' cannot be written as one model folder: {why}.");
    }
}
