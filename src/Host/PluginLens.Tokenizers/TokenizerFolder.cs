namespace PluginLens.Tokenizers;

/// <summary>The files that a tokenizer may be read from.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Files">Names that count, or null for all that are there.</param>
/// <param name="ModelClass">What <c>config.json</c> says of the tokenizer: its <c>tokenizer_class</c>, else its <c>model_type</c>; null where it says nothing.</param>
internal sealed record TokenizerFolder(string Path, IReadOnlySet<string>? Files, string? ModelClass)
{
    /// <summary>Path of a file, or null where it is missing or does not count.</summary>
    public string? Find(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        return Files?.Contains(name) != false && File.Exists(path) ? path : null;
    }

    /// <summary>Path of the first file of an ending, in the order of names, or null.</summary>
    public string? FindEnding(string ending) =>
        Directory.EnumerateFiles(Path, "*" + ending).Select(path => Find(System.IO.Path.GetFileName(path)))
            .Where(path => path is not null).Order(StringComparer.Ordinal).FirstOrDefault();
}
