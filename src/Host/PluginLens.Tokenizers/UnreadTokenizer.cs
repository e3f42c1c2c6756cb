namespace PluginLens.Tokenizers;

/// <summary>What is left of a tokenizer that cannot be read: the strings of its vocabulary where they can be had. Text is refused with the reason.</summary>
/// <param name="reason">Why it cannot be read.</param>
/// <param name="pieces">Id to vocabulary string; empty where none can be had.</param>
/// <param name="rows">Rows of the embedding.</param>
internal sealed class UnreadTokenizer(string reason, string?[] pieces, int rows) : ModelTokenizer
{
    /// <inheritdoc/>
    public override int Count => pieces.Length > 0 ? pieces.Length : rows;

    /// <inheritdoc/>
    public override string? Unreadable => reason;

    /// <inheritdoc/>
    public override int[] Encode(string text, bool addSpecial = false) => throw new UsageException($"Text cannot be read, ids (--ids 1,2,3) and weights can: {reason}");

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return string.Concat(ids.Select(Text));
    }

    /// <inheritdoc/>
    public override string? Piece(int id) => id >= 0 && id < pieces.Length ? pieces[id] : null;

    /// <inheritdoc/>
    public override string Text(int id) => Piece(id) ?? $"[{id}]";

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => false;
}
