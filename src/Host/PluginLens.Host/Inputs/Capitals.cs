namespace PluginLens.Host;

/// <summary>
/// Texts with capitals for a tokenizer that was made from small letters alone: it knows each capital as a piece of its own, so <c>Hello World</c> falls into letters where <c>hello world</c> is two tokens.
/// </summary>
public static class Capitals
{
    /// <summary>More texts are not looked at: one is enough to say it.</summary>
    private const int Most = 1000;

    /// <summary>What the user should know, as one line; null where nothing is to be said.</summary>
    /// <param name="model">The model that reads the texts.</param>
    /// <param name="texts">Them.</param>
    public static string? Note(Model model, IEnumerable<string?> texts)
    {
        var name = model.Config.Name;
        return model.Tokenizer is { } tokenizer && texts.Take(Most).Any(text => text is not null && text.Any(char.IsUpper)) && tokenizer.Unreadable is null && KeepsCapitals(tokenizer) && !KnowsWords(tokenizer)
            ? $"capitals: the vocabulary of model '{name}' is lower-case, so a word with a capital falls into letters and pieces; write texts in small letters ('pluginlens tokenize --model {name}' shows the tokens)"
            : null;
    }

    /// <summary>Whether a capital comes through: those of many encoders become small letters first, which harms nothing.</summary>
    private static bool KeepsCapitals(ModelTokenizer tokenizer)
    {
        try
        {
            return tokenizer.Decode(tokenizer.Encode("A")).Contains('A', StringComparison.Ordinal);
        }
        catch (UsageException)
        {
            return false; // It has no token for it at all, and says so where a text needs one.
        }
    }

    private static bool KnowsWords(ModelTokenizer tokenizer)
    {
        for (var id = 0; id < tokenizer.Count; id++)
        {
            if (!tokenizer.IsSpecial(id) && tokenizer.Text(id) is var text && text.Any(char.IsUpper) && text.Count(char.IsLetter) > 1)
            {
                return true;
            }
        }

        return false;
    }
}
