namespace PluginLens.Files;

/// <summary>How large, in bytes, a file of a kind may be: far above any that was published, far below what fills a memory.</summary>
public static class SizeLimit
{
    /// <summary>A config.json, an index of shards, a manifest.</summary>
    public const long Configuration = 64L << 20;

    /// <summary>A tokenizer's file.</summary>
    public const long Tokenizer = 256L << 20;

    /// <summary>A list of words, one a line.</summary>
    public const long Words = 64L << 20;

    /// <summary>A run.json, which holds the prompts of its run.</summary>
    public const long RunRecord = 1L << 30;

    /// <summary>What a word or a line says: a hash, a commit, a token of access.</summary>
    public const long Line = 64L << 10;

    /// <summary>Lists of a vocabulary in the cache.</summary>
    public const long Lists = 2L << 30;

    /// <summary>Files that are read piece by piece, or mapped: weights, tables, prompts.</summary>
    public const long None = long.MaxValue;
}
