using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginLens.Tokenizers.Tests;

/// <summary>Published files with one thing changed: the ids stay, or one line says why not, or a note says which file was followed.</summary>
public class ChangedFilesTests
{
    private const int Rounds = 1800;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly string[] Folders = ["gpt2", "roberta", "gpt_neox", "llama3", "qwen2", "phi3", "bert", "openai-gpt", "llama", "gemma2", "t5"];

    /// <summary>The published reader wants these to be there; where they are missing or null, defaults of its own are no guess.</summary>
    private static readonly string[] Optional =
        ["type", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "unk_id", "use_regex", "strip_accents",
         "add_prefix_space", "prepend_scheme", "split", "behavior", "prefix", "suffix", "cleanup", "decoder"];

    [Test]
    [CancelAfter(120_000)]
    public void Load_OneThingChanged_KeepsTheIdsOrSaysSo()
    {
        var random = new Random(19);
        var (same, refused, noted) = (0, 0, 0);
        var lines = Folders.ToDictionary(folder => folder, folder => GoldenTokenizers.Lines(folder).Where((_, i) => i % 32 == 0).ToArray());
        for (var round = 0; round < Rounds; round++)
        {
            var folder = Folders[round % Folders.Length];
            using var copy = new TokenizerCopy(folder, [.. Files(folder)]);
            var what = round % 3 == 0 ? ChangeConfig(copy.Folder, random) : round % 3 == 1 ? ChangeStage(copy.Folder, random) : Damage(copy.Folder, random);
            try
            {
                var tokenizer = TokenizerFiles.Load(copy.Folder);
                if (lines[folder].All(line => tokenizer.Encode(line.Text).SequenceEqual(line.Ids) && tokenizer.Encode(line.Text, addSpecial: true).SequenceEqual(line.IdsWithSpecial)))
                {
                    same++;
                }
                else if (tokenizer.Notes.Count > 0)
                {
                    noted++;
                }
                else
                {
                    Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Round {round}, {folder}: other ids without a word after {what}"));
                }
            }
            catch (ModelException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n").And.Length.LessThan(1000), $"round {round}, {what}");
                refused++;
            }
        }

        TestContext.Out.WriteLine($"{same} same, {refused} refused, {noted} noted");
        Assert.That(new[] { same, refused, 50 * noted }, Has.All.GreaterThan(300));
    }

    private static IEnumerable<string> Files(string folder) =>
        ((string[])["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]).Where(file => File.Exists(Path.Combine(GoldenTokenizers.Root, folder, file)));

    /// <summary>A flag that speaks against tokenizer.json, a value of a wrong type, another class.</summary>
    private static string ChangeConfig(string folder, Random random)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        var root = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        string[] flags = ["add_bos_token", "add_eos_token", "add_prefix_space", "do_lower_case", "legacy", "tokenize_chinese_chars", "strip_accents"];
        string what;
        switch (random.Next(5))
        {
            case 0 or 1:
                var flag = flags[random.Next(flags.Length)];
                root[flag] = random.Next(2) == 0;
                what = $"{flag} = {root[flag]}";
                break;
            case 2:
                var typed = flags[random.Next(flags.Length)];
                root[typed] = Wrong(random, null);
                what = $"{typed} = {root[typed]?.ToJsonString()}";
                break;
            case 3:
                root["tokenizer_class"] = new[] { "NovelTokenizer", "PreTrainedTokenizerFast", "GPT2TokenizerFast" }[random.Next(3)];
                what = $"tokenizer_class = {root["tokenizer_class"]}";
                break;
            default:
                root["tokenizer_class"] = Wrong(random, null);
                what = $"tokenizer_class = {root["tokenizer_class"]?.ToJsonString()}";
                break;
        }

        File.WriteAllText(path, root.ToJsonString());
        return what;
    }

    /// <summary>One member of one stage gone, renamed or of another type; null for a stage as a whole would be another tokenizer.</summary>
    private static string ChangeStage(string folder, Random random)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var members = new List<(JsonObject Parent, string Name)>();
        foreach (var stage in (string[])["normalizer", "pre_tokenizer", "post_processor", "model", "added_tokens"])
        {
            Collect(root[stage], members);
        }

        var (parent, name) = members[random.Next(members.Count)];
        var value = parent[name];
        string what;
        switch (random.Next(name == "special_tokens" || Optional.Contains(name) ? 1 : 3))
        {
            case 0:
                var wrong = Wrong(random, value);
                parent[name] = wrong;
                what = $"{name} = {wrong?.ToJsonString()}";
                break;
            case 1:
                parent.Remove(name);
                what = $"no {name}";
                break;
            default:
                parent.Remove(name);
                parent[name + "_"] = value?.DeepClone();
                what = $"{name} renamed";
                break;
        }

        File.WriteAllText(path, root.ToJsonString());
        return what;
    }

    /// <summary>A file that ends early, has a byte order mark, or is garbage in its middle.</summary>
    private static string Damage(string folder, Random random)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        var bytes = File.ReadAllBytes(path);
        switch (random.Next(4))
        {
            case 0:
                File.WriteAllBytes(path, bytes[..random.Next(bytes.Length)]);
                return "a cut";
            case 1:
                File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. bytes]);
                return "a byte order mark";
            case 2:
                var at = random.Next(bytes.Length);
                File.WriteAllBytes(path, [.. bytes[..at], 0xFF, .. bytes[at..]]);
                return "a byte that is no UTF-8";
            default:
                using (var json = JsonDocument.Parse(bytes))
                {
                    File.WriteAllText(path, JsonSerializer.Serialize(json, Indented));
                }

                return "other white space";
        }
    }

    /// <summary>A value of another type than the given one; text is none for a null, which may stand for a text.</summary>
    private static JsonNode? Wrong(Random random, JsonNode? value)
    {
        JsonNode[] all = [7, new JsonArray(), new JsonObject(), "novel", 1.5];
        return all.Where(node => node.GetValueKind() != value?.GetValueKind()).ElementAt(random.Next(3));
    }

    private static void Collect(JsonNode? node, List<(JsonObject Parent, string Name)> members)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                Collect(item, members);
            }
        }

        foreach (var (name, value) in node as JsonObject ?? [])
        {
            // What the reader does not look at can be anything; single words of the vocabulary and the merges are tested with broken files.
            if (name is "trim_offsets" or "dropout" or "pair" or "type_id" or "tokens" or "version")
            {
                continue;
            }

            members.Add(((JsonObject)node!, name));
            if (name is not ("vocab" or "merges"))
            {
                Collect(value, members);
            }
        }
    }
}
