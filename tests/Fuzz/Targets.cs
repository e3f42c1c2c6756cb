using System.IO.Compression;
using System.Text;
using PluginLens.Host;
using PluginLens.Import;
using PluginLens.Import.Gguf;
using PluginLens.Import.Gguf.Mapping;
using PluginLens.Import.Gguf.Text;
using PluginLens.Import.Recognition;
using PluginLens.Import.Source;
using PluginLens.Models;
using PluginLens.Models.Format.Proto;
using PluginLens.Testing;
using PluginLens.Tests.Shared;
using PluginLens.Tokenizers;
using Google.Protobuf;

namespace PluginLens.Fuzz;

/// <summary>Every reader that is tried.</summary>
public static class Targets
{
    private const string RunJson = """{"plugin":"ov-pairs","command_line":["run","--plugin","ov-pairs","--k","5"],"prompts":1,"inputs":[{"text":"a b","label":null,"ids":[1,2]}],"status":"complete","notes":["n"],"options":{"k":5},"files":["ov-pairs.csv","x.json"]}""";
    private const string Csv = "layer,score,token\n0,0.5,\"a,\"\"b\"\"\"\n1,-1e-3,c\n2,NaN,\n";

    private static readonly string Golden = Path.Combine(Repository.Root, "tests", "Golden");
    private static readonly string Embedded = Path.Combine(Repository.Root, "models", "onnx", "tiny-attn-2l");

    private static readonly string[][] Tokenizer =
    [
        ["gpt2", "tokenizer.json", "tokenizer_config.json"], ["gpt2", "vocab.json", "merges.txt", "tokenizer_config.json"], ["gpt_neox", "tokenizer.json"],
        ["llama3", "tokenizer.json", "tokenizer_config.json"], ["phi3", "tokenizer.json", "added_tokens.json"], ["bert", "tokenizer.json"], ["bert", "vocab.txt"],
        ["openai-gpt", "tokenizer.json"], ["opt", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"],
        ["llama", "tokenizer.json"], ["llama", "tokenizer.model"], ["gemma2", "tokenizer.json"], ["gemma2", "tokenizer.model"],
        ["t5", "tokenizer.json"], ["t5", "spiece.model", "tokenizer_config.json"],
    ];

    /// <summary>By name.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        .. Tokenizer.SelectMany(files => files[1..].Select(file => OfTokenizer(files[0], file, files[1..]))),
        OfModelFolder(), OfExternalData(), OfSource("torch-gpt2"), OfSource("torch-llama"), OfSource("optimum-bert"), OfSourceConfig(),
        OfGguf("llama-Q4_0", 100, () => File.ReadAllBytes(Path.Combine(Golden, "gguf", "models", "llama-Q4_0.gguf"))),
        .. ((string[])["base", "alignment-128", "head-count-array", "tensor-mxfp4"]).Select(name => OfGguf(name, 600, () => Packed(name))),
        OfPrompts(".txt", "the cat\n\nsat \u00e9\n"), OfPrompts(".csv", "text,label\n\"a, b\",x\nc,\n"), OfPrompts(".tsv", "text\tlabel\na\tb\n"),
        OfPrompts(".jsonl", "{\"text\":\"a b\",\"label\":\"x\"}\n{\"text\":\"c\"}\n"), OfRunJson(), OfTable(), OfCacheEntry(),
    ];

    private static FuzzTarget OfTokenizer(string source, string file, string[] files)
    {
        var folder = new Lazy<string>(() => Scratch.Folder(source, [.. files.Select(name => Path.Combine(Golden, "tokenizers", source, name))]));
        return new FuzzTarget(
            $"tokenizer/{source}/{file}{(files[0] == file ? string.Empty : $" with {files[0]}")}", 200, () => File.ReadAllBytes(Path.Combine(Golden, "tokenizers", source, file)),
            file.EndsWith(".json", StringComparison.Ordinal) ? Damage.Json : Damage.Bytes,
            bytes =>
            {
                File.WriteAllBytes(Path.Combine(folder.Value, file), bytes);
                var tokenizer = TokenizerFiles.Load(folder.Value);
                foreach (var text in (string[])["Hello, world! It's 1234.", "  a\n\n\tb  ", "na\u00efve \u4e2d\u6587 \ud83d\ude42 e\u0301", "<s> <|endoftext|> [CLS]", ""])
                {
                    var ids = tokenizer.Encode(text, addSpecial: true);
                    Require(ids.All(id => id >= 0 && id < tokenizer.Count), "an id that is no row");
                    tokenizer.Decode(ids);
                }

                for (var id = -1; id <= tokenizer.Count; id++)
                {
                    Require(tokenizer.Text(id) is not null, "an id without text");
                }
            });
    }

    /// <summary>A model folder as other tools may write it: without the seal that refuses every change.</summary>
    private static FuzzTarget OfModelFolder()
    {
        var folder = new Lazy<string>(() => Scratch.Folder("folder", Directory.GetFiles(Embedded)));
        return new FuzzTarget("model-folder", 900, Unsealed, GraphDamage.Of, bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder.Value, "model.onnx"), bytes);
            using var model = ModelFolder.Open(folder.Value, new OpenOptions { Device = Device.Cpu });
            model.Weight("embed.W_E");
            model.Run(new ModelInput(1, 2, 3), [.. model.Hooks.Keys.Where(hook => hook != "logits")]);
        });
    }

    private static FuzzTarget OfExternalData()
    {
        var folder = new Lazy<string>(() => Scratch.Folder("data", Directory.GetFiles(Embedded)));
        return new FuzzTarget("external-data", 60, () => File.ReadAllBytes(Path.Combine(Embedded, "model.onnx.data")), Damage.Bytes, bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder.Value, "model.onnx.data"), bytes);
            using var model = ModelFolder.Open(folder.Value, new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Report });
            model.Weight("unembed.W_U");
        });
    }

    private static byte[] Unsealed()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Embedded, "model.onnx")));
        model.MetadataProps.Remove(model.MetadataProps.First(entry => entry.Key == "seal"));
        return model.ToByteArray();
    }

    private static FuzzTarget OfSource(string name)
    {
        var golden = Path.Combine(Golden, "plain-onnx", name);
        var folder = new Lazy<string>(() => Scratch.Folder(name, Directory.GetFiles(golden)));
        return new FuzzTarget($"onnx/{name}", 400, () => File.ReadAllBytes(Path.Combine(golden, "model.onnx")), GraphDamage.Of, bytes =>
        {
            var path = Path.Combine(folder.Value, "model.onnx");
            File.WriteAllBytes(path, bytes);
            SourceModel.Open(path);
        });
    }

    private static FuzzTarget OfSourceConfig()
    {
        var folder = new Lazy<string>(() => Scratch.Folder("config"));
        return new FuzzTarget("config", 600, () => File.ReadAllBytes(Path.Combine(Golden, "checkpoints", "llama3", "config.json")), Damage.Json, bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder.Value, "config.json"), bytes);
            var config = SourceConfig.Beside(folder.Value);
            _ = config.ModelType;
            config.Count("num_attention_heads", "n_head");
        });
    }

    /// <summary>A valid file among the small ones made by hand.</summary>
    private static byte[] Packed(string name)
    {
        using var archive = ZipFile.OpenRead(Path.Combine(Golden, "gguf", "hostile.zip"));
        using var bytes = new MemoryStream();
        using var entry = archive.GetEntry($"{name}.gguf")!.Open();
        entry.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static FuzzTarget OfGguf(string name, int inputs, Func<byte[]> seed)
    {
        var folder = new Lazy<string>(() => Scratch.Folder("gguf"));
        return new FuzzTarget($"gguf/{name}", inputs, seed, Damage.Bytes, bytes =>
        {
            var path = Path.Combine(folder.Value, "x.gguf");
            File.WriteAllBytes(path, bytes);
            using var source = GgufSource.Open(path);
            var model = GgufModel.Of(source);
            foreach (var weight in model.Weights)
            {
                Require(weight.Read().Length == weight.Shape.Aggregate(1L, (a, b) => a * b), $"{weight.Name} has another size than its shape");
            }

            Require(source.Keys.All.All(entry => !entry.Value.Text().Any(char.IsControl)), "a control character in a text that is shown");
            TokenizerWriter.Of(source, model.Facts["d_vocab"]!.GetValue<long>(), []);
        });
    }

    private static FuzzTarget OfPrompts(string ending, string text)
    {
        var folder = new Lazy<string>(() => Scratch.Folder("prompts"));
        var model = new FakeModel(
            new ModelConfig { DModel = 2, NHeads = 1, DHead = 2, NLayers = 1, DVocab = 300, NCtx = 8 }, new FakeTokenizer(Enumerable.Range(0, 128).Select(id => $"{(char)id}")) { Unknown = 0 });
        return new FuzzTarget($"prompts{ending}", 400, () => Encoding.UTF8.GetBytes(text), Damage.Bytes, bytes =>
        {
            var path = Path.Combine(folder.Value, $"x{ending}");
            File.WriteAllBytes(path, bytes);
            PromptReader.Read(new PromptSource { Files = [path] }, model);
        });
    }

    private static FuzzTarget OfRunJson()
    {
        var folders = new Lazy<(string Before, string After)>(() => (RunFolder("before"), RunFolder("after")));
        return new FuzzTarget("run.json", 900, () => Encoding.UTF8.GetBytes(RunJson), Damage.Json, bytes =>
        {
            File.WriteAllBytes(Path.Combine(folders.Value.After, "run.json"), bytes);
            var (before, after) = (RecordedRun.Read(folders.Value.Before), RecordedRun.Read(folders.Value.After));
            _ = after.PromptCount;
            RunComparison.Of(before, after);
        });
    }

    private static FuzzTarget OfTable()
    {
        var folders = new Lazy<(string Before, string After)>(() => (RunFolder("table-before"), RunFolder("table-after")));
        return new FuzzTarget("run-table", 600, () => Encoding.UTF8.GetBytes(Csv), Damage.Bytes, bytes =>
        {
            File.WriteAllBytes(Path.Combine(folders.Value.After, "ov-pairs.csv"), bytes);
            RunComparison.Of(RecordedRun.Read(folders.Value.Before), RecordedRun.Read(folders.Value.After));
        });
    }

    private static string RunFolder(string name)
    {
        var folder = Scratch.Folder(name);
        File.WriteAllText(Path.Combine(folder, "run.json"), RunJson);
        File.WriteAllText(Path.Combine(folder, "ov-pairs.csv"), Csv);
        return folder;
    }

    /// <summary>A damaged entry is computed again: what comes back is always what was computed.</summary>
    private static FuzzTarget OfCacheEntry()
    {
        var lists = new RowTopK(2, 3, [5, 6, 7, 1, 2, 3], [3, 2, 1, 0.5, 0.25, -1]);
        var opened = new Lazy<(OnnxModel Model, string Folder, string Entry)>(() =>
        {
            var (model, folder) = (ModelFolder.Open(Embedded, new OpenOptions { Device = Device.Cpu }), Scratch.Folder("cache"));
            new DiskTopKCache(folder, "1").GetOrCompute(model, "key", 2, 3, () => lists);
            return (model, folder, Directory.GetFiles(folder).Single());
        });
        return new FuzzTarget("cache-entry", 600, () => File.ReadAllBytes(opened.Value.Entry), Damage.Bytes, bytes =>
        {
            File.WriteAllBytes(opened.Value.Entry, bytes);
            var found = new DiskTopKCache(opened.Value.Folder, "1").GetOrCompute(opened.Value.Model, "key", 2, 3, () => lists);
            Require(found.Ids.SequenceEqual(lists.Ids) && found.Scores.SequenceEqual(lists.Scores), "lists that nobody computed");
        });
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new InvalidOperationException(fault);
        }
    }
}
