using System.Text.Json.Nodes;
using PluginLens.Files;
using PluginLens.Import.Recognition;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;
using PluginLens.Tokenizers;

namespace PluginLens.Import;

/// <summary>Copies the tokenizer's files beside the model and writes down their hashes and what they say of themselves.</summary>
internal static class TokenizerCopy
{
    /// <summary>Adds the tokenizer of a source folder to a model folder, and ids that only config.json knows.</summary>
    /// <param name="source">Folder of the ONNX file.</param>
    /// <param name="destination">The folder that is being written.</param>
    /// <param name="config">Values of config.json.</param>
    /// <param name="facts">Receives the metadata.</param>
    /// <param name="notes">Receives what the user should know.</param>
    public static void Add(string source, string destination, JsonObject config, JsonObject facts, List<string> notes)
    {
        Copy(source, destination, facts, notes);
        foreach (var key in new[] { "bos", "eos", "pad" })
        {
            if (!facts.ContainsKey($"{key}_id") && SourceConfig.Integer(config[$"{key}_token_id"]) is { } id && id >= 0 && id < facts["d_vocab"]!.GetValue<int>())
            {
                facts[$"{key}_id"] = id;
            }
        }
    }

    private static void Copy(string source, string destination, JsonObject facts, List<string> notes)
    {
        // Published repositories keep their ONNX files in a folder of their own, below the tokenizer.
        var folder = Path.GetFileName(source) == "onnx" && !FolderTable.TokenizerFiles(source).Any() ? Path.GetDirectoryName(source)! : source;
        facts["tokenizer_files"] = new JsonObject();
        if (!FolderTable.TokenizerFiles(folder).Any())
        {
            notes.Add("no tokenizer beside the model: prompts are given as ids (--ids), tokens are shown by number, until 'pluginlens attach-tokenizer' gives it one");
            return;
        }

        var tokenizer = Read(folder, facts["d_vocab"]!.GetValue<int>(), notes);
        foreach (var name in FolderTable.TokenizerFiles(folder))
        {
            var bytes = RegularFile.Bytes(Path.Combine(folder, name), SizeLimit.Tokenizer);
            WrittenFile.WriteAll(Path.Combine(destination, name), bytes);
            facts["tokenizer_files"]![name] = FileHash.Of(bytes);
        }

        if (TokenizerFiles.ModelClass(folder) is { } modelClass)
        {
            facts["tokenizer_class"] = modelClass;
        }

        if (tokenizer is not null)
        {
            Describe(tokenizer, facts);
        }
    }

    /// <summary>Writes down what a tokenizer says of itself.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="facts">Receives the metadata.</param>
    public static void Describe(FileTokenizer tokenizer, JsonObject facts)
    {
        facts["tokenizer_kind"] = tokenizer.Kind;
        facts["tokenizer_size"] = tokenizer.Count;
        foreach (var (key, id) in new[] { ("bos_id", tokenizer.BosId), ("eos_id", tokenizer.EosId), ("pad_id", tokenizer.PadId), ("unk_id", tokenizer.UnkId) })
        {
            if (id is { } known)
            {
                facts[key] = known;
            }
        }
    }

    private static FileTokenizer? Read(string folder, int rows, List<string> notes)
    {
        try
        {
            var tokenizer = TokenizerFiles.Load(folder);
            var within = tokenizer.Within(rows);
            if (within != tokenizer)
            {
                notes.Add($"the embedding has {rows} rows, the tokenizer also knows {string.Join(", ", Enumerable.Range(rows, tokenizer.Count - rows).Select(id => $"'{tokenizer.Piece(id)}' = {id}").Take(5))}, which no prompt can hold");
            }

            notes.AddRange(tokenizer.Notes.Select(note => $"tokenizer: {note}"));
            return within;
        }
        catch (ModelException e)
        {
            notes.Add($"text cannot be read, weights and --ids can: {e.Message}");
            return null;
        }
    }
}
