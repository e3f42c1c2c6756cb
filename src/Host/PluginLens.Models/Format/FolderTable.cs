using System.Globalization;
using System.Text;

namespace PluginLens.Models.Format;

/// <summary>What <c>export-scripts/graph/folder.table</c> says: versions, the tokenizer files that are copied, the keys of the metadata with their kinds.</summary>
internal static class FolderTable
{
    /// <summary>Word and value of each line: arrays and not pairs, because queries over structures are compiled at every start.</summary>
    private static readonly string[][] _lines = Read();

    /// <summary>Version of the programs that write model folders.</summary>
    public static string Version { get; } = One("version");

    /// <summary>The format that this program reads and writes, the metadata's <c>pluginlens.format</c>.</summary>
    public static string Format { get; } = One("format");

    /// <summary>Every key of the metadata with its kinds: <c>text</c>, <c>count</c>, <c>list|object</c>, ...</summary>
    public static IEnumerable<KeyValuePair<string, string>> Keys =>
        _lines.Where(line => line[0] is not ("version" or "format" or "file")).Select(line => KeyValuePair.Create(line[1], line[0]));

    /// <summary>Names of tokenizer files, in the order of the table; <c>*</c> stands for any text.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. _lines.Where(line => line[0] == "file").Select(line => line[1])];

    /// <summary>Names of the tokenizer files in a folder, in the order of the table.</summary>
    /// <param name="folder">A folder that exists.</param>
    public static IEnumerable<string> TokenizerFiles(string folder) => Files
        .SelectMany(name => Directory.EnumerateFiles(folder, name).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    /// <summary>Throws where a program writes a key that the table does not know, or a value of another kind: a bug of that program.</summary>
    /// <param name="key">A key of the metadata.</param>
    /// <param name="value">Its value as written.</param>
    public static void Require(string key, string value)
    {
        var kinds = Keys.FirstOrDefault(entry => entry.Key == key).Value;
        if (kinds?.Split('|').Any(kind => IsOf(kind, value)) != true)
        {
            throw new InvalidOperationException($"The metadata hold '{key}' = {value[..Math.Min(100, value.Length)]}; folder.table says {kinds ?? "nothing of it"}.");
        }
    }

    private static bool IsOf(string kind, string value) => kind switch
    {
        "text" => true,
        "flag" => value is "true" or "false",
        "list" => value is ['[', .., ']'],
        "object" => value is ['{', .., '}'],
        "count" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "number" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number),
        _ => throw new InvalidOperationException($"folder.table has the kind '{kind}', which is not known."),
    };

    private static string One(string word) => _lines.First(line => line[0] == word)[1];

    private static string[][] Read()
    {
        using var stream = typeof(FolderTable).Assembly.GetManifestResourceStream("folder.table")
            ?? throw new InvalidOperationException("The table of what a model folder holds is not in this assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' '))];
    }
}
