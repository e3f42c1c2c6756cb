namespace PluginLens.Toolkit;

/// <summary>Words that options name, each as one token.</summary>
public static class SingleTokens
{
    /// <summary>The token of each word, its form in a note; of a word of several tokens the first, with a warning.</summary>
    /// <param name="context">The run.</param>
    /// <param name="words">The words.</param>
    /// <param name="form">Whether a space is put in front.</param>
    /// <exception cref="UsageException">There is no word, no tokenizer, or a word is not in the vocabulary.</exception>
    public static Token[] Of(AnalysisContext context, IReadOnlyList<string> words, WordForm form)
    {
        var model = context.Model;
        var tokenizer = model.Tokenizer ?? throw new UsageException($"Model '{model.Config.Name}' has no tokenizer, so words have no ids.");
        if (words.Count == 0)
        {
            throw new UsageException("--words is empty; give words separated by commas.");
        }

        return [.. words.Select(word =>
        {
            var ids = Ids(tokenizer, word.Trim(), form);
            if (ids.Length == 0 || ids[0] == tokenizer.UnkId)
            {
                throw new UsageException($"'{word}' is not in the vocabulary of model '{model.Config.Name}'; give another word.");
            }

            var described = tokenizer.ContinuationMark is not null ? "a whole word" : tokenizer.StartsWord(ids[0]) ? "with leading space" : "without leading space";
            context.Results.Note($"word '{word.Trim()}': {described} (id {ids[0]})");
            if (ids.Length > 1)
            {
                context.Results.Warn($"'{word.Trim()}' is {ids.Length} tokens; the first, '{tokenizer.Text(ids[0])}', stands for it.");
            }

            return tokenizer.Token(ids[0]);
        })];
    }

    private static int[] Ids(ModelTokenizer tokenizer, string word, WordForm form)
    {
        if (form == WordForm.Bare)
        {
            return tokenizer.Encode(word);
        }

        var spaced = tokenizer.Encode(" " + word);
        if (spaced.Length == 1)
        {
            return spaced;
        }

        // SentencePiece puts the space in front by itself; WordPiece knows none.
        var bare = tokenizer.Encode(word);
        return spaced.Length > bare.Length && bare.Length > 0 && tokenizer.StartsWord(bare[0]) ? bare : spaced;
    }
}
