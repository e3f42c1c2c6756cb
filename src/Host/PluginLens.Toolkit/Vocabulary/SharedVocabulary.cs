namespace PluginLens.Toolkit;

/// <summary>The token ids that mean the same in two models.</summary>
public static class SharedVocabulary
{
    /// <summary>Number of ids, from 0, that both embeddings have: every row where vocabulary and padding agree, else the ids that both tokenizers know.</summary>
    /// <param name="first">First model.</param>
    /// <param name="second">Second model.</param>
    /// <param name="note">Receives what was used.</param>
    public static int Count(Model first, Model second, Action<string> note)
    {
        var (a, b) = (first.Config, second.Config);
        if (first.Tokenizer is not { Unreadable: null } one || second.Tokenizer is not { Unreadable: null } two)
        {
            note(a.DVocab == b.DVocab
                ? $"vocabulary: {a.DVocab} rows; without two tokenizers nothing shows that they mean the same tokens"
                : throw new UsageException($"Models '{a.Name}' and '{b.Name}' have {a.DVocab} and {b.DVocab} embedding rows and not both a tokenizer; expected one vocabulary."));
            return a.DVocab;
        }

        var common = Math.Min(Math.Min(one.Count, two.Count), Math.Min(a.DVocab, b.DVocab));
        for (var id = 0; id < common; id++)
        {
            if (one.Piece(id) != two.Piece(id))
            {
                throw new UsageException($"Models '{a.Name}' and '{b.Name}' do not share a vocabulary: token {id} is '{one.Piece(id)}' in the first and '{two.Piece(id)}' in the second.");
            }
        }

        var same = a.DVocab == b.DVocab && one.Count == two.Count;
        note(same ? $"vocabulary: all {a.DVocab} rows" : $"vocabulary: the {common} common ids of {a.DVocab} and {b.DVocab} rows");
        return same ? a.DVocab : common;
    }
}
