namespace PluginLens.Toolkit;

/// <summary>Reads an option that names one token of the vocabulary.</summary>
public static class OneToken
{
    /// <summary>
    /// The id: text that begins with a space as it is; else the word with a space in front where that is one token, else without. <c>[123]</c> is id 123 where
    /// the model has no tokenizer.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="option">The option, for the message: <c>--target</c>.</param>
    /// <param name="text">What the user wrote.</param>
    /// <exception cref="UsageException">The text is not one token.</exception>
    public static int Of(Model model, string option, string text)
    {
        if (model.Tokenizer is not { } tokenizer)
        {
            return text is ['[', .. var digits, ']'] && int.TryParse(digits, out var id) && id >= 0 && id < model.Config.DVocab ? id : throw new UsageException(
                $"{option} '{text}': model '{model.Config.Name}' has no tokenizer; expected an id in brackets, [0] to [{model.Config.DVocab - 1}].");
        }

        var spaced = text.StartsWith(' ') ? text : " " + text;
        foreach (var form in new[] { spaced, text }.Distinct())
        {
            if (Encoded(tokenizer, form) is [var only])
            {
                return only;
            }
        }

        throw new UsageException($"{option} '{text}': expected one token of model '{model.Config.Name}', found {Encoded(tokenizer, spaced).Length} pieces; 'pluginlens tokenize' shows them.");
    }

    private static int[] Encoded(ModelTokenizer tokenizer, string text)
    {
        var ids = tokenizer.Encode(text);
        return tokenizer.Decode(ids).Trim() == text.Trim() ? ids : [];
    }
}
