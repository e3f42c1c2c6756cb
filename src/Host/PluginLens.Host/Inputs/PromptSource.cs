namespace PluginLens.Host;

/// <summary>What the user gave as input; all of it is read, in this order.</summary>
public sealed record PromptSource
{
    /// <summary>Texts (<c>--prompt</c>).</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Files (<c>--prompts</c>): .txt, .csv, .jsonl.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Ids (<c>--ids</c>), comma-separated, one sequence each.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Prompts of an earlier run, instead of all these.</summary>
    public IReadOnlyList<RecordedPrompt> Recorded { get; init; } = [];

    /// <summary>Whether the tokenizer adds its special tokens.</summary>
    public bool AddSpecial { get; init; } = true;

    /// <summary>Whether the beginning token goes before every text that does not begin with it, whatever the tokenizer adds (<c>--bos</c>).</summary>
    public bool AddBeginning { get; init; }

    /// <summary>Whether nothing was given.</summary>
    public bool IsEmpty => Texts.Count + Files.Count + Ids.Count + Recorded.Count == 0;
}
