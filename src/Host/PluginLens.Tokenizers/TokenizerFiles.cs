using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using PluginLens.Files;

namespace PluginLens.Tokenizers;

/// <summary>Opens the tokenizer of a model folder. Its kind is read from the files, never from a model's name.</summary>
public static class TokenizerFiles
{
    /// <summary>Reads whatever tokenizer files the folder holds.</summary>
    /// <param name="folder">A model folder or a checkpoint folder.</param>
    /// <param name="files">Names of the files that belong to the model: others in the folder do not count. Null for all that are there.</param>
    /// <param name="modelClass">What the model's config.json said of the tokenizer, its tokenizer_class or model_type; null reads the config.json of the folder.</param>
    /// <exception cref="ModelException">No tokenizer files, or broken ones.</exception>
    public static FileTokenizer Load(string folder, IEnumerable<string>? files = null, string? modelClass = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
        {
            throw new ModelException($"Expected a folder with tokenizer files, found no folder '{folder}'.");
        }

        var found = new TokenizerFolder(folder, files?.ToHashSet(StringComparer.Ordinal), modelClass ?? (files is null ? ModelClass(folder) : null));
        var path = Find(found) ?? throw new ModelException(
            $"Expected tokenizer files in '{folder}' (tokenizer.json, or vocab.json with merges.txt, vocab.txt, tokenizer.model, spiece.model, sentencepiece.bpe.model, *.tiktoken), found none; copy the model's own there.");
        return Guard(path, () =>
        {
            var config = new TokenizerConfig(found);
            var parts = Read(path, config);
            return new FileTokenizer(parts with { Notes = [.. config.Notes] });
        });
    }

    /// <summary>The tokenizer of a model; where it cannot be read, one that refuses text with the reason and still knows the strings of its vocabulary where they can be had.</summary>
    /// <param name="folder">A model folder or a checkpoint folder.</param>
    /// <param name="rows">Rows of the embedding.</param>
    /// <param name="files">As for <see cref="Load"/>.</param>
    /// <param name="modelClass">As for <see cref="Load"/>.</param>
    public static ModelTokenizer LoadWithin(string folder, int rows, IEnumerable<string>? files = null, string? modelClass = null)
    {
        var names = files?.ToHashSet(StringComparer.Ordinal);
        FileTokenizer tokenizer;
        try
        {
            tokenizer = Load(folder, names, modelClass);
        }
        catch (ModelException e)
        {
            var path = Directory.Exists(folder) ? Find(new TokenizerFolder(folder, names, null)) : null;
            return new UnreadTokenizer(e.Message, path is null ? [] : VocabularyStrings.Read(path, rows), rows);
        }

        try
        {
            return tokenizer.Within(rows);
        }
        catch (ModelException e)
        {
            return new UnreadTokenizer(e.Message, [], rows);
        }
    }

    /// <summary>Stands for a tokenizer whose files are not there: text is refused with the reason.</summary>
    /// <param name="reason">Why it cannot be read.</param>
    /// <param name="rows">Rows of the embedding.</param>
    public static ModelTokenizer Unread(string reason, int rows) => new UnreadTokenizer(reason, [], rows);

    /// <summary>What the config.json of a checkpoint says of its tokenizer, its tokenizer_class, else its model_type; null where it says nothing or the tokenizer's own files name the class.</summary>
    /// <param name="folder">The folder of the tokenizer's files.</param>
    public static string? ModelClass(string folder)
    {
        return Named("tokenizer_config.json", "tokenizer_class") is not null ? null : Named("config.json", "tokenizer_class") ?? Named("config.json", "model_type");

        string? Named(string file, string key)
        {
            var path = Path.Combine(folder, file);
            return File.Exists(path) && Guard(path, () => Json(path)).TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
                ? text
                : null;
        }
    }

    /// <summary>Runs a step of reading; whatever a broken file makes it throw becomes one line that names the file.</summary>
    internal static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException
            or InvalidDataException or KeyNotFoundException or IndexOutOfRangeException or IOException or UnauthorizedAccessException or RegexMatchTimeoutException)
        {
            var reason = PieceTable.Shown(e.Message, 300);
            throw new ModelException($"Cannot read the tokenizer file '{path}': {reason} Replace it with the model's own.", e);
        }
    }

    /// <summary>The bytes of a file of sane size.</summary>
    internal static byte[] Bytes(string path) => RegularFile.Bytes(path, SizeLimit.Tokenizer);

    /// <summary>The text of a file; bytes that are no UTF-8 are an error.</summary>
    internal static string Text(string path) => Encoding.UTF8.GetString(Utf8Bytes(path));

    /// <summary>The object that a JSON file holds.</summary>
    internal static JsonElement Json(string path) => Json(JsonBytes(path)).RootElement;

    /// <summary>The object that the text of a JSON file is, in the document that holds it.</summary>
    internal static JsonDocument Json(ReadOnlyMemory<byte> text)
    {
        var document = JsonDocument.Parse(text);
        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new InvalidDataException("Expected a JSON object.");
    }

    /// <summary>The text of a JSON file. The parser looks at strings only when they are asked for, so it would not find bytes that are no UTF-8.</summary>
    internal static ReadOnlyMemory<byte> JsonBytes(string path)
    {
        var bytes = Utf8Bytes(path);
        return bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
    }

    private static byte[] Utf8Bytes(string path) =>
        Bytes(path) is var bytes && Utf8.IsValid(bytes) ? bytes : throw new InvalidDataException("Expected UTF-8 text, found bytes that are none.");

    private static string? Find(TokenizerFolder folder)
    {
        string[] names = ["tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];
        return names.Select(folder.Find).FirstOrDefault(path => path is not null) ?? folder.FindEnding(".tiktoken");
    }

    private static TokenizerParts Read(string path, TokenizerConfig config) => Path.GetFileName(path) switch
    {
        "tokenizer.json" => new TokenizerJsonReader(path, config).Read(),
        "vocab.json" => VocabularyAndMerges.Read(path, config),
        "vocab.txt" => VocabularyText.Read(path, config),
        "spiece.model" or "sentencepiece.bpe.model" => SentencePieceFile.Read(path, config),
        "tokenizer.model" when !TiktokenFile.IsOne(path) => SentencePieceFile.Read(path, config),
        _ => TiktokenFile.Read(path, config),
    };
}
