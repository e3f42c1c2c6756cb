using System.Text.Json.Nodes;
using Google.Protobuf;
using PluginLens.Files;
using PluginLens.Models;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Format.Writing;
using PluginLens.Tokenizers;

namespace PluginLens.Import;

/// <summary>A tokenizer for a model folder that was made without one: its files are put beside the model, and the metadata say which they are.</summary>
public static class AttachedTokenizer
{
    private static readonly string[] Keys = ["tokenizer_files", "tokenizer_class", "tokenizer_kind", "tokenizer_size"];

    /// <summary>Attaches one. The graph with its new metadata takes its place last and in one step: a model folder that is killed on the way is what it was.</summary>
    /// <param name="model">The model folder.</param>
    /// <param name="source">The folder of the tokenizer's files; null = the model's own.</param>
    /// <returns>What the tokenizer says of itself, and notes for the user.</returns>
    /// <exception cref="ModelException">The folder has a tokenizer, there is none to attach, or it is another model's.</exception>
    public static (string Kind, int Size, IReadOnlyList<string> Notes) Attach(string model, string? source = null)
    {
        var (folder, rows) = Checked(model);
        var from = Path.GetFullPath(source ?? folder);
        var files = FolderTable.TokenizerFiles(from).ToList();
        if (files.Count == 0)
        {
            throw new ModelException($"'{source ?? model}' has no tokenizer's files; expected tokenizer.json, or vocab.json with merges.txt, vocab.txt, tokenizer.model, spiece.model or their like.");
        }

        var tokenizer = TokenizerFiles.Load(from);
        var within = tokenizer.Within(rows);
        var notes = tokenizer.Notes.Select(note => $"tokenizer: {note}").ToList();
        if (tokenizer.Count != rows)
        {
            notes.Add(tokenizer.Count < rows
                ? $"the vocabulary has {rows} ids, the tokenizer {tokenizer.Count}: the others have no text"
                : $"the vocabulary has {rows} ids, the tokenizer {tokenizer.Count}: those beyond cannot stand in a prompt");
        }

        var facts = new JsonObject { ["tokenizer_files"] = new JsonObject() };
        TokenizerCopy.Describe(within, facts);
        if (TokenizerFiles.ModelClass(from) is { } modelClass)
        {
            facts["tokenizer_class"] = modelClass;
        }

        foreach (var file in files)
        {
            var bytes = RegularFile.Bytes(Path.Combine(from, file), SizeLimit.Tokenizer);
            Put(Path.Combine(folder, file), bytes);
            facts["tokenizer_files"]![file] = FileHash.Of(bytes);
        }

        Rewrite(Path.Combine(folder, FolderFiles.Graph), facts);
        return (tokenizer.Kind, within.Count, notes);
    }

    /// <summary>The folder, opened once: what is broken is not written to.</summary>
    private static (string Folder, int Rows) Checked(string path)
    {
        using var opened = ModelFolder.Open(path, new OpenOptions { Weights = WeightsPolicy.Ignore });
        return opened.TokenizerFileHashes.Count == 0
            ? (opened.Folder, opened.Config.DVocab)
            : throw new ModelException($"Model '{opened.Config.Name}' has a tokenizer: {string.Join(", ", opened.TokenizerFileHashes.Keys)}. To give it another, import or export the model again beside the right files.");
    }

    private static void Put(string path, byte[] bytes)
    {
        if (!File.Exists(path))
        {
            WrittenFile.WriteAll(path, bytes);
        }
        else if (!RegularFile.Bytes(path, SizeLimit.Tokenizer).AsSpan().SequenceEqual(bytes))
        {
            throw new ModelException($"'{path}' is there and is another file; take it away, or attach the model's own folder.");
        }
    }

    private static void Rewrite(string path, JsonObject facts)
    {
        var model = ModelProto.Parser.ParseFrom(RegularFile.Bytes(path, SizeLimit.None));
        foreach (var (key, value) in facts)
        {
            var text = MetadataJson.Text(value);
            FolderTable.Require(key, text);

            // Ids that the model's own configuration named stay what they were.
            if (model.MetadataProps.FirstOrDefault(entry => entry.Key == key) is not { } known)
            {
                model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = text });
            }
            else if (Keys.Contains(key))
            {
                known.Value = text;
            }
        }

        if (model.MetadataProps.FirstOrDefault(entry => entry.Key == "seal") is { } seal)
        {
            model.MetadataProps.Remove(seal);
        }

        model.MetadataProps.Add(new StringStringEntryProto { Key = "seal", Value = CanonicalProto.Seal(model) });
        WrittenFile.WriteAll(path + ".new", model.ToByteArray());
        File.Move(path + ".new", path, overwrite: true);
    }
}
