using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>Collects a vocabulary in both directions and refuses contradictions.</summary>
internal sealed class PieceTable
{
    /// <summary>Fifteen times the largest published vocabulary; more is damage, and would only exhaust memory.</summary>
    private const int MostIds = 4_000_000;

    /// <summary>Published tokens stay below a few hundred.</summary>
    private const int MostCharacters = 65_536;

    private readonly List<string?> _pieces = [];
    private Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private bool _isGiven;

    /// <summary>Piece to id.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>One more than the largest id.</summary>
    public int Count => _pieces.Count;

    /// <summary>Piece to id as they are now, whatever is added later: what is added later, if anything, goes into a copy.</summary>
    public Dictionary<string, int> Copy()
    {
        _isGiven = true;
        return _ids;
    }

    public string?[] ToArray() => [.. _pieces];

    public int? Id(string? piece) => piece is not null && _ids.TryGetValue(piece, out var id) ? id : null;

    public int Require(string piece) => Id(piece) ?? throw new InvalidDataException($"Expected '{Shown(piece)}' in the vocabulary, found no such token.");

    public void Add(string piece, int id)
    {
        if (id is < 0 or >= MostIds)
        {
            throw new InvalidDataException($"Expected ids from 0 to {MostIds - 1}, found {id} for the token '{Shown(piece)}'.");
        }

        if (piece.Length > MostCharacters)
        {
            throw new InvalidDataException($"Expected tokens of at most {MostCharacters} characters, found {piece.Length} in token {id}.");
        }

        while (_pieces.Count <= id)
        {
            _pieces.Add(null);
        }

        if (_pieces[id] is { } other && other != piece)
        {
            throw new InvalidDataException($"Expected one token for each id, found '{Shown(other)}' and '{Shown(piece)}' for {id}.");
        }

        Own();
        if (!_ids.TryAdd(piece, id) && _ids[piece] != id)
        {
            throw new InvalidDataException($"Expected one id for each token, found {_ids[piece]} and {id} for '{Shown(piece)}'.");
        }

        _pieces[id] = piece;
    }

    /// <summary>Adds a token that may have stood before: text then gets the last id, as in the published classes.</summary>
    /// <returns>Whether it stood before.</returns>
    public bool AddLast(string piece, int id)
    {
        Own();
        var repeated = _ids.Remove(piece);
        Add(piece, id);
        return repeated;
    }

    /// <summary>The table of a file that is a JSON object of ids.</summary>
    public static PieceTable OfFile(string path)
    {
        var text = TokenizerFiles.JsonBytes(path);
        var table = new PieceTable();
        if (!table.TryAddObject(text.Span))
        {
            // What is wrong is said by the whole document, in which broken JSON comes before broken ids.
            table = new PieceTable();
            table.AddObject(TokenizerFiles.Json(text).RootElement);
        }

        return table;
    }

    /// <summary>Adds the members of a JSON object of ids.</summary>
    public void AddObject(JsonElement vocabulary)
    {
        _ids.EnsureCapacity(vocabulary.GetPropertyCount());
        foreach (var entry in vocabulary.EnumerateObject())
        {
            Add(entry.Name, entry.Value.GetInt32());
        }
    }

    /// <summary>The same from its text, member by member: a document would take more time and memory than the table. False where something is wrong.</summary>
    private bool TryAddObject(ReadOnlySpan<byte> text)
    {
        try
        {
            // Published files have 16 to 25 bytes a token.
            _ids.EnsureCapacity(Math.Min(text.Length / 16, MostIds));
            _pieces.EnsureCapacity(_ids.Capacity);
            var reader = new Utf8JsonReader(text);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var piece = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id))
                {
                    return false;
                }

                Add(piece, id);
            }

            // Nothing may follow the object.
            return !reader.Read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or InvalidDataException)
        {
            return false;
        }
    }

    private void Own()
    {
        if (_isGiven)
        {
            (_ids, _isGiven) = (new(_ids, StringComparer.Ordinal), false);
        }
    }

    /// <summary>A token as a message shows it: short, on one line, and without what moves the cursor.</summary>
    internal static string Shown(string piece, int most = 40)
    {
        var shown = new StringBuilder();
        foreach (var rune in (piece.Length <= most ? piece : string.Concat(piece.AsSpan(0, most), "...")).ReplaceLineEndings(" ").EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            }
            else
            {
                shown.Append(rune);
            }
        }

        return shown.ToString();
    }
}
