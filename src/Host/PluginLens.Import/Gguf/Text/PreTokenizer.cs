using System.Text.Json.Nodes;

namespace PluginLens.Import.Gguf.Text;

/// <summary>How the text of a byte-level tokenizer is cut before its merges work: what a name in <c>tokenizer.ggml.pre</c> stands for.</summary>
/// <param name="Stages">The stages, as <c>tokenizer.json</c> has them; the last one writes the text as bytes.</param>
/// <param name="Composed">Whether text is brought into composed form (NFC) first.</param>
/// <param name="WholeFirst">Whether a piece that is a token is not cut by the merges.</param>
/// <param name="Begins">Whether a text begins with the BOS token where the file does not say.</param>
internal sealed record PreTokenizer(JsonArray Stages, bool Composed = false, bool WholeFirst = false, bool Begins = false)
{
    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + Rest;
    private const string Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + Rest;
    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Bloom = @" ?[^(\s|.,!?…。，、।۔،)]+";

    /// <summary>Names that are published under several: each writer's converter has its own.</summary>
    private static readonly (string[] Names, Func<PreTokenizer> Make)[] Known =
    [
        (["gpt-2", "phi-2", "mpt", "olmo", "jais"], () => new([Gpt2()])),
        (["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "smaug-bpe", "dbrx"], () => new([Pattern(Llama3), Bytes()], WholeFirst: true, Begins: true)),
        (["qwen2", "deepseek-r1-qwen", "megrez"], () => new([Pattern(Qwen2), Bytes()], Composed: true)),
        (["starcoder", "refact", "smollm", "codeshell"], () => new([Digits(), Gpt2()])),
        (["command-r"], () => new([Digits(), Gpt2()], Composed: true)),
        (["falcon"], () => new([Stage("Punctuation", ("behavior", "Contiguous")), Pattern(Gpt2Words), Pattern("[0-9][0-9][0-9]"), Bytes()])),
        (["bloom"], () => new([Pattern(Bloom), Bytes()])),
    ];

    /// <summary>The names that are known.</summary>
    public static IEnumerable<string> Names => Known.SelectMany(k => k.Names);

    /// <summary>Cuts nothing: for tokens that are only shown.</summary>
    public static PreTokenizer None => new([Bytes()]);

    /// <summary>What a name stands for, or null.</summary>
    /// <param name="name">Value of the key.</param>
    public static PreTokenizer? Of(string name) => Known.FirstOrDefault(k => k.Names.Contains(name)).Make?.Invoke();

    private static JsonObject Gpt2() => Stage("ByteLevel", ("add_prefix_space", false), ("use_regex", true));

    private static JsonObject Bytes() => Stage("ByteLevel", ("add_prefix_space", false), ("use_regex", false));

    private static JsonObject Digits() => Stage("Digits", ("individual_digits", true));

    private static JsonObject Pattern(string regex) => Stage("Split", ("pattern", new JsonObject { ["Regex"] = regex }), ("behavior", "Isolated"), ("invert", false));

    private static JsonObject Stage(string type, params (string Key, JsonNode Value)[] members) =>
        new(members.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)).Prepend(KeyValuePair.Create("type", (JsonNode?)type)));
}
