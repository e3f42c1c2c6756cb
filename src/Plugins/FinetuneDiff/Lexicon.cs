using PluginLens.Files;

namespace PluginLens.Plugins.FinetuneDiff;

/// <summary>A list of opinion words; decides which tokens of a list are about sentiment.</summary>
internal sealed class Lexicon
{
    private readonly WordList _words;

    /// <summary>Reads the list.</summary>
    /// <param name="path">One word a line, lines that begin with ';' are comments; null = the list inside this plugin.</param>
    public Lexicon(string? path)
    {
        try
        {
            _words = new WordList(path ?? "Hu and Liu opinion lexicon", Lines(path).Where(line => !WhiteSpace.Strip(line).StartsWith(';')));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--lexicon '{path}': {error.Message}", error);
        }

        Description = $"lexicon of {_words.Count} words ({(path is null ? "Hu and Liu opinion lexicon" : Path.GetFileName(path))})";
    }

    private static string[] Lines(string? path)
    {
        if (path is not null)
        {
            return RegularFile.Text(path, SizeLimit.Words).Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        }

        using var reader = new StreamReader(typeof(Lexicon).Assembly.GetManifestResourceStream("opinion-lexicon.txt")!);
        return reader.ReadToEnd().Split('\n');
    }

    /// <summary>For the notes.</summary>
    public string Description { get; }

    /// <summary>Share of the ids whose text is on the list, 0 to 1.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="model">Gives their text.</param>
    public double Share(ReadOnlySpan<int> ids, Model model)
    {
        var hits = 0;
        foreach (var id in ids)
        {
            hits += _words.Contains(model.Token(id).Text) ? 1 : 0;
        }

        return ids.Length == 0 ? 0 : hits / (double)ids.Length;
    }
}
