namespace PluginLens.Import.Gguf.Text;

/// <summary>Makes the tokenizer files of a model folder from what a GGUF file says.</summary>
internal static class TokenizerWriter
{
    private const string Model = "tokenizer.ggml.model";

    /// <summary>Kinds that llama.cpp knows and this program does not; their models are read without text.</summary>
    private static readonly string[] Unread = ["t5", "rwkv", "plamo2"];

    /// <summary>The files, or null where there are none; why not is in the notes.</summary>
    /// <param name="source">The file.</param>
    /// <param name="rows">Rows of the embedding.</param>
    /// <param name="notes">Receives what the user should know.</param>
    /// <exception cref="ModelException">The tokenizer is of an unknown kind, or damaged.</exception>
    public static TokenizerOutput? Of(GgufSource source, long rows, List<string> notes)
    {
        var kind = source.Keys.Text(Model);
        if (kind is null or "none" or "no_vocab")
        {
            notes.Add("no tokenizer in the file: prompts are given as ids (--ids), tokens are shown by number");
            return null;
        }

        Func<Vocabulary, TokenizerOutput>? write = kind switch
        {
            "gpt2" => ByteLevelTokenizer.Write,
            "llama" => SentencePieceTokenizer.Write,
            "bert" => WordPieceTokenizer.Write,
            _ when Unread.Contains(kind) => null,
            _ => throw new ModelException($"'{source.FileName}' has a tokenizer of the unknown kind {Shown.Name(kind)} ({Model}); llama, gpt2 and bert are read."),
        };
        var vocabulary = new Vocabulary(source, rows);
        if (!vocabulary.HasTypes)
        {
            notes.Add("the file does not say which tokens are special (tokenizer.ggml.token_type); all are taken as normal");
        }

        if (write is null)
        {
            notes.Add($"the tokenizer is of the kind '{kind}', which is not read: prompts are given as ids (--ids), tokens are shown by number");
            return null;
        }

        var output = write(vocabulary);
        if (output.Refusal is { } refusal)
        {
            notes.Add($"text cannot be encoded: {refusal}; prompts are given as ids (--ids), tokens are shown as text");
        }

        return output;
    }
}
