using PluginLens.Tokenizers.Normalizing;

namespace PluginLens.Tokenizers;

/// <summary>Appends the ids of one piece of text.</summary>
internal delegate void PieceModel(string piece, List<int> ids);

/// <summary>Cuts (and perhaps rewrites) a piece; <paramref name="first"/> says that it begins the whole text.</summary>
internal delegate void PieceSplit(string piece, bool first, List<string> into);

/// <summary>One step from vocabulary strings towards text.</summary>
internal delegate List<string> PieceDecoder(List<string> tokens);

/// <summary>The stages of a tokenizer, as its files describe them.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The file that messages name.</summary>
    public required string Path { get; init; }

    public required string Kind { get; init; }

    /// <summary>Id to vocabulary string; null where no file names the id.</summary>
    public required string?[] Pieces { get; init; }

    /// <summary>Built when first needed: reading names does not pay for merges.</summary>
    public required Func<PieceModel> Model { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public TextNormalizer? Normalizer { get; init; }

    public IReadOnlyList<PieceSplit> Splits { get; init; } = [];

    public IReadOnlyList<PieceDecoder> Decoders { get; init; } = [];

    /// <summary>Ids put before a text by default.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Ids put after a text by default.</summary>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>Which file was followed where they contradict each other.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public string? ContinuationMark { get; init; }

    /// <summary>What a space is written as where decoding drops the first one (<c>▁</c>), or null.</summary>
    public string? SpaceMark { get; init; }

    public int? BosId { get; init; }

    public int? EosId { get; init; }

    public int? PadId { get; init; }

    public int? UnkId { get; init; }
}
