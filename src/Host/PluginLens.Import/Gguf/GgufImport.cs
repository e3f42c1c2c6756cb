using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using PluginLens.Files;
using PluginLens.Import.Gguf.Mapping;
using PluginLens.Import.Gguf.Text;
using PluginLens.Import.Recognition;
using PluginLens.Models;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Writing;
using PluginLens.Tokenizers;

namespace PluginLens.Import.Gguf;

/// <summary>Turns a GGUF file into a model folder. Everything is in the file; what it leaves open is written down as assumed.</summary>
internal static class GgufImport
{
    private const int CheckedTokens = 8;

    /// <summary>Imports a model.</summary>
    /// <param name="path">The file, or the first part of a split one.</param>
    /// <param name="destination">The model folder to write.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="force">Whether an existing model folder is replaced.</param>
    /// <param name="storage">How weights are stored.</param>
    /// <param name="sourceName">What the folder calls its source; null = the file's name.</param>
    /// <param name="cancellation">Stops the import; nothing is left behind.</param>
    public static ImportReport Import(string path, string destination, string name, bool force, WeightStorage storage, string? sourceName, CancellationToken cancellation)
    {
        using var source = GgufSource.Open(path);
        var model = GgufModel.Of(source);
        var textNotes = new List<string>();
        var tokenizer = TokenizerWriter.Of(source, model.Facts["d_vocab"]!.GetValue<long>(), textNotes);
        var recognised = new RecognisedModel(
            model.Facts, [.. model.StoredWeights.Select(w => WeightChoice.Of(w, storage))], [.. model.Notes, .. WeightChoice.Notes(model.StoredWeights, storage), .. textNotes, .. Assumed(model.Facts)]);
        using var writer = new FolderWriter(destination, force);
        var (facts, notes) = ImportedFolder.Write(
            writer.Folder, recognised, name, (sourceName ?? source.FileName, source.Files.Select(f => f.Path)), (f, n) => AddTokenizer(tokenizer, writer.Folder, f, n), cancellation);
        Check(writer.Folder, storage is WeightStorage.Stored or WeightStorage.Float32 ? model.Weights : [], cancellation);
        writer.Place();
        return new ImportReport(Path.GetFullPath(path), destination, [.. ImportFacts.Of(facts, recognised)], [.. writer.Notes, .. notes], null);
    }

    /// <summary>What the file does not say, and what is taken for it.</summary>
    /// <param name="facts">The configuration.</param>
    public static IEnumerable<string> Assumed(JsonObject facts) => facts["assumed"] is JsonArray assumed ? assumed.Select(a => $"not in the file: {a}") : [];

    private static void AddTokenizer(TokenizerOutput? output, string folder, JsonObject facts, List<string> notes)
    {
        facts["tokenizer_files"] = new JsonObject();
        if (output is null)
        {
            return;
        }

        foreach (var (file, bytes) in output.Files)
        {
            WrittenFile.WriteAll(Path.Combine(folder, file), bytes);
        }

        try
        {
            var tokenizer = TokenizerFiles.Load(folder, output.Files.Keys);
            _ = tokenizer.Encode("a");
            TokenizerCopy.Describe(tokenizer, facts);
        }
        catch (ModelException e)
        {
            notes.Add($"the tokenizer cannot be read ({e.Message}): prompts are given as ids (--ids), tokens are shown by number");
            foreach (var file in output.Files.Keys)
            {
                File.Delete(Path.Combine(folder, file));
            }

            return;
        }

        foreach (var (file, bytes) in output.Files)
        {
            facts["tokenizer_files"]![file] = FileHash.Of(bytes);
        }

        if (output.Refusal is { } refusal)
        {
            facts["text_refused"] = refusal;
        }
    }

    /// <summary>Opens what was written, compares its weights with the file's bit for bit, and runs it on a few tokens: numbers that overflow show before the folder is placed.</summary>
    private static void Check(string folder, IReadOnlyList<GgufWeight> weights, CancellationToken cancellation)
    {
        using var model = ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu });
        foreach (var weight in weights)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!MemoryMarshal.AsBytes(model.Weight(weight.Name).Span).SequenceEqual(MemoryMarshal.AsBytes<float>(weight.Read())))
            {
                throw new ModelException($"Weight '{weight.Name}' is not what '{Path.GetFileName(weight.Tensor.Map.Path)}' says after it was written: the disk is damaged, or this program has a fault. Nothing was written.");
            }
        }

        var length = Math.Min(CheckedTokens, model.Config.NCtx);
        int[] ids = [.. Enumerable.Range(0, length).Select(i => (int)((long)i * (model.Config.DVocab - 1) / length))];
        var hook = model.Proto.Graph.Output[0].Name;
        var output = model.Run(new ModelInput([ids], model.Config.AttentionDir == "bidirectional" ? [[.. ids.Select(_ => 1)]] : null), [hook])[hook].Span;
        if (NotFinite.FirstIn(output) is >= 0 and var bad)
        {
            throw new ModelException($"The imported model's {hook} has {output[bad]} on {length} tokens: its weights are damaged, or it overflows. Nothing was written.");
        }
    }
}
