namespace PluginLens;

/// <summary>Text to ids and back, as the model's own tokenizer does it.</summary>
public abstract class ModelTokenizer
{
    /// <summary>Number of ids that have text; the vocabulary of the model may be padded beyond it.</summary>
    public abstract int Count { get; }

    /// <summary>Begin-of-sequence id, or null where the model has none.</summary>
    public virtual int? BosId => null;

    /// <summary>End-of-sequence id, or null where the model has none.</summary>
    public virtual int? EosId => null;

    /// <summary>Id that stands for text without a token of its own (<c>[UNK]</c>), or null where there is none.</summary>
    public virtual int? UnkId => null;

    /// <summary>Mark of a token that continues a word (<c>##</c>), or null where word starts are marked instead.</summary>
    public virtual string? ContinuationMark => null;

    /// <summary>Why text cannot be read; then only vocabulary strings are known, and perhaps not all. Null where it can.</summary>
    public virtual string? Unreadable => null;

    /// <summary>Which file was followed where the tokenizer's files contradict each other, a clause each.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Text to ids.</summary>
    /// <param name="text">Any text; literal special tokens are recognised.</param>
    /// <param name="addSpecial">Whether to add what this tokenizer adds by default ([CLS] … [SEP], &lt;s&gt;; nothing for GPT-2).</param>
    public abstract int[] Encode(string text, bool addSpecial = false);

    /// <summary>Text to ids with what looks like a special token read as any other text, and nothing added: a corpus holds text alone.</summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="UsageException">The text holds a special token, and this tokenizer cannot read it as text.</exception>
    public virtual int[] EncodePlain(string text)
    {
        var ids = Encode(text);
        var special = Array.FindIndex(ids, id => IsSpecial(id) && id != UnkId);
        return special < 0 ? ids : throw new UsageException($"The text holds the special token '{Piece(ids[special])}', which this tokenizer cannot read as plain text; take it out.");
    }

    /// <summary>Ids to text, special tokens kept, no clean-up of spaces.</summary>
    /// <param name="ids">Token ids.</param>
    public abstract string Decode(IReadOnlyList<int> ids);

    /// <summary>The vocabulary's own string of an id, e.g. <c>Ġthe</c>, <c>##ing</c>; null for padding ids.</summary>
    /// <param name="id">Token id.</param>
    public abstract string? Piece(int id);

    /// <summary>Whether an id is a special token (<c>&lt;|endoftext|&gt;</c>, <c>[CLS]</c>).</summary>
    /// <param name="id">Token id.</param>
    public abstract bool IsSpecial(int id);

    /// <summary>Text of one id, with its leading space where it starts a word; empty for padding ids.</summary>
    /// <param name="id">Token id.</param>
    public virtual string Text(int id) => Piece(id) is null ? string.Empty : Decode([id]);

    /// <summary>Whether a token starts a word: its piece carries the mark or the space of one, or no mark of a continuation.</summary>
    /// <param name="id">Token id.</param>
    public bool StartsWord(int id) => Piece(id) is { } piece && (ContinuationMark is { } mark
        ? !piece.StartsWith(mark, StringComparison.Ordinal)
        : Text(id).StartsWith(' ') || piece.StartsWith('▁') || piece.StartsWith('Ġ'));

    /// <summary>An id with its text, as results carry it.</summary>
    /// <param name="id">Token id.</param>
    public Token Token(int id) => new(id, Text(id));
}
