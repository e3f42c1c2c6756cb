using System.Text.Json;

namespace PluginLens.Tokenizers;

/// <summary>The strings of a vocabulary, for files whose other stages this program cannot read.</summary>
internal static class VocabularyStrings
{
    /// <summary>Id to string; empty where they cannot be had, or number more than the embedding has rows.</summary>
    /// <param name="path">The file that holds the vocabulary.</param>
    /// <param name="rows">Rows of the embedding.</param>
    public static string?[] Read(string path, int rows)
    {
        try
        {
            var table = TokenizerFiles.Guard(path, () => Table(path));
            return table.Count <= rows ? table.ToArray() : [];
        }
        catch (ModelException)
        {
            return [];
        }
    }

    private static PieceTable Table(string path)
    {
        if (Path.GetFileName(path) == "vocab.json")
        {
            return PieceTable.OfFile(path);
        }

        var table = new PieceTable();
        switch (Path.GetFileName(path))
        {
            case "tokenizer.json":
                OfJson(TokenizerFiles.Json(path), table);
                break;
            case "vocab.txt":
                foreach (var (id, line) in VocabularyText.Lines(path).Index())
                {
                    table.AddLast(line, id);
                }

                break;
        }

        // The ids of a SentencePiece file are those of the class that reads it, which may be what is not known.
        return table;
    }

    private static void OfJson(JsonElement root, PieceTable table)
    {
        var vocabulary = root.GetProperty("model").GetProperty("vocab");
        if (vocabulary.ValueKind == JsonValueKind.Object)
        {
            table.AddObject(vocabulary);
        }
        else
        {
            foreach (var (id, entry) in vocabulary.EnumerateArray().Index())
            {
                table.AddLast(entry[0].GetString() ?? string.Empty, id);
            }
        }

        foreach (var entry in TokenizerJsonReader.Optional(root, "added_tokens")?.EnumerateArray().ToArray() ?? [])
        {
            if (AddedTokenJson.Read(entry) is { } token && table.Id(token.Content) is null)
            {
                table.Add(token.Content, token.Id);
            }
        }
    }
}
