namespace PluginLens.Tokenizers;

/// <summary>A tokenizer read from its published files.</summary>
public sealed class FileTokenizer : ModelTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly Lazy<AddedTokenMatcher> _added;
    private readonly Lazy<AddedTokenMatcher> _plain;
    private readonly Dictionary<int, AddedToken> _special = [];
    private readonly Lazy<PieceModel> _model;
    private readonly string?[] _texts;
    private readonly string? _refusal;

    internal FileTokenizer(TokenizerParts parts, string? refusal = null)
    {
        _refusal = refusal;
        _parts = parts;
        _added = new(() => new(parts.AddedTokens, parts.Normalizer));
        _plain = new(() => new([.. parts.AddedTokens.Where(token => !token.Special)], parts.Normalizer));
        _texts = new string?[parts.Pieces.Length];
        foreach (var token in parts.AddedTokens)
        {
            if (token.Special)
            {
                _special[token.Id] = token;
            }
        }

        _model = new(() => TokenizerFiles.Guard(parts.Path, parts.Model));
    }

    /// <summary>What the files hold: <c>byte-level-bpe</c>, <c>bpe</c>, <c>wordpiece</c>, <c>sentencepiece-bpe</c>, <c>unigram</c>, <c>wordlevel</c> or <c>tiktoken</c>.</summary>
    public string Kind => _parts.Kind;

    /// <inheritdoc/>
    public override int Count => _parts.Pieces.Length;

    /// <inheritdoc/>
    public override int? BosId => _parts.BosId;

    /// <inheritdoc/>
    public override int? EosId => _parts.EosId;

    /// <summary>Padding id, or null where the files name none.</summary>
    public int? PadId => _parts.PadId;

    /// <inheritdoc/>
    public override int? UnkId => _parts.UnkId;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => _parts.Notes;

    /// <inheritdoc/>
    public override string? ContinuationMark => _parts.ContinuationMark;

    /// <summary>The same tokens, of which text is known but how text becomes tokens is not.</summary>
    /// <param name="reason">Why not; it is what <see cref="Encode(string, bool)"/> says.</param>
    public FileTokenizer Refusing(string reason) => new(_parts, reason);

    /// <inheritdoc/>
    public override int[] Encode(string text, bool addSpecial = false) => Encode(text, _added, addSpecial);

    /// <inheritdoc/>
    public override int[] EncodePlain(string text) => Encode(text, _plain, addSpecial: false);

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var tokens = new List<string>(ids.Count);
        foreach (var id in ids)
        {
            if (Piece(id) is { } piece)
            {
                tokens.Add(piece);
            }
        }

        foreach (var decoder in _parts.Decoders)
        {
            tokens = decoder(tokens);
        }

        return string.Join(_parts.Decoders.Count == 0 ? " " : string.Empty, tokens);
    }

    /// <inheritdoc/>
    public override string? Piece(int id) => id >= 0 && id < _parts.Pieces.Length ? _parts.Pieces[id] : null;

    /// <inheritdoc/>
    public override string Text(int id) => Piece(id) is { } piece ? _texts[id] ??= Made(id, piece) : base.Text(id);

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => _special.ContainsKey(id);

    /// <summary>
    /// The same tokenizer over an embedding of so many rows. Tokens that were added beyond them are published with some models: text works, and a text that holds one is refused.
    /// </summary>
    /// <param name="rows">Rows of the embedding.</param>
    /// <exception cref="ModelException">The vocabulary itself has more ids: it belongs to another model.</exception>
    public FileTokenizer Within(int rows)
    {
        if (Count <= rows)
        {
            return this;
        }

        var added = _parts.AddedTokens.Select(token => token.Id).ToHashSet();
        for (var id = rows; id < Count; id++)
        {
            if (_parts.Pieces[id] is { } piece && !added.Contains(id))
            {
                throw new ModelException($"the tokenizer '{_parts.Path}' knows {Count} ids, the embedding has {rows} rows: they do not belong together");
            }
        }

        int? Kept(int? id) => id < rows ? id : null;
        return new(_parts with { Pieces = _parts.Pieces[..rows], BosId = Kept(_parts.BosId), EosId = Kept(_parts.EosId), PadId = Kept(_parts.PadId), UnkId = Kept(_parts.UnkId) });
    }

    /// <summary>Filters of words ask for each text several times, so that it is made once.</summary>
    private string Made(int id, string piece) =>
        _parts.SpaceMark is { } mark && !IsSpecial(id) && piece.Contains(mark, StringComparison.Ordinal) ? piece.Replace(mark, " ", StringComparison.Ordinal) : base.Text(id);

    private int[] Encode(string text, Lazy<AddedTokenMatcher> added, bool addSpecial)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_refusal is not null)
        {
            throw new ModelException($"Text cannot be encoded for this model: {_refusal}. Give ids instead (--ids).");
        }

        return TokenizerFiles.Guard(_parts.Path, () => EncodeSane(UnicodeText.Sane(TextLimit.Given(text)), added.Value, addSpecial));
    }

    private int[] EncodeSane(string text, AddedTokenMatcher added, bool addSpecial)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        if (addSpecial)
        {
            ids.AddRange(_parts.Prefix);
        }

        foreach (var outer in added.SplitRaw(text))
        {
            if (outer.Id is { } token)
            {
                ids.Add(token);
            }
            else
            {
                EncodeSegment(text.Substring(outer.Start, outer.Length), outer.Start == 0, added, ids);
            }
        }

        if (addSpecial)
        {
            ids.AddRange(_parts.Suffix);
        }

        if (ids.FindIndex(id => id >= Count) is >= 0 and var beyond)
        {
            throw new ModelException($"The text holds the token '{_parts.AddedTokens.First(token => token.Id == ids[beyond]).Content}' ({ids[beyond]}), for which the model has no embedding ({Count} rows); leave it out.");
        }

        return [.. ids];
    }

    private void EncodeSegment(string segment, bool first, AddedTokenMatcher added, List<int> ids)
    {
        var normalized = _parts.Normalizer?.Normalize(segment) ?? segment;
        foreach (var inner in added.SplitNormalized(normalized))
        {
            if (inner.Id is { } token)
            {
                ids.Add(token);
                continue;
            }

            List<string> pieces = [normalized.Substring(inner.Start, inner.Length)];
            foreach (var split in _parts.Splits)
            {
                var next = new List<string>();
                for (var i = 0; i < pieces.Count; i++)
                {
                    split(pieces[i], first && inner.Start == 0 && i == 0, next);
                }

                pieces = next;
            }

            foreach (var piece in pieces)
            {
                _model.Value(piece, ids);
            }
        }
    }
}
