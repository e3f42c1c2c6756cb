namespace PluginLens.Cli.Commands;

/// <summary>One text as a tokenizer reads it.</summary>
/// <param name="Text">As given.</param>
/// <param name="Ids">Ids of the text alone.</param>
/// <param name="IdsWithSpecial">Ids with what the tokenizer adds by default.</param>
/// <param name="Tokens">The vocabulary's own strings of <paramref name="Ids"/>.</param>
/// <param name="Decoded"><paramref name="Ids"/> as text again.</param>
internal sealed record TokenizedText(string Text, int[] Ids, int[] IdsWithSpecial, string?[] Tokens, string Decoded)
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    public static TokenizedText Of(string text, ModelTokenizer tokenizer)
    {
        var ids = tokenizer.Encode(text, addSpecial: false);
        return new TokenizedText(text, ids, tokenizer.Encode(text, addSpecial: true), Array.ConvertAll(ids, tokenizer.Piece), tokenizer.Decode(ids));
    }
}
