namespace PluginLens;

/// <summary>Where two models are joined: states of the donor after some blocks, mapped, enter the last blocks of the receiver.</summary>
public sealed record Seam
{
    /// <summary>The model whose first blocks run.</summary>
    public required Model Donor { get; init; }

    /// <summary>Blocks of the donor before the seam; 0 = what enters its first block.</summary>
    public required int Blocks { get; init; }

    /// <summary>Turns states of the donor into states of the receiver, <c>d_model of the donor x d_model of the receiver</c>.</summary>
    public required Matrix Map { get; init; }

    /// <summary>Last blocks of the receiver that run.</summary>
    public required int Last { get; init; }

    /// <summary>Whether the donor's final norm stands before the map.</summary>
    public bool LnF { get; init; }

    /// <summary>
    /// Whether mapped states pass what the receiver does to its token embeddings: positions are added, and where it has them token types and the norm over all
    /// (<c>inputs_embeds</c> of Hugging Face).
    /// </summary>
    public bool AddPositions { get; init; }

    /// <summary>What else is worth knowing about how the map or the receiver was made; goes into the metadata.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>The donor's state after n blocks: post-norm models pass on their normed sums.</summary>
    /// <param name="donor">The donor.</param>
    /// <param name="blocks">n; 0 = what enters its first block.</param>
    public static string StateOf(ModelConfig donor, int blocks) => blocks == 0
        ? "blocks.0.hook_resid_pre"
        : $"blocks.{blocks - 1}.{(donor.Traits.Contains(Trait.PostNorm) ? "hook_normalized_resid_post" : "hook_resid_post")}";
}
