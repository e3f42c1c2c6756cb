using System.CommandLine;
using Newtonsoft.Json.Linq;
using PluginLens.Host;
using PluginLens.Import;
using PluginLens.Models;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens inspect MODEL</c>: everything that a model folder says about itself, and which analyses apply.</summary>
internal static class InspectCommand
{
    private static readonly HashSet<string> Elsewhere = ["hooks", "tokenizer_files", "source_sha256", "processing", "stitched", "weight_types"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("model") { Description = "A name under the models folder, a model folder, or a GGUF file.", Arity = ArgumentArity.ZeroOrOne };
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("inspect", "Shows a model: configuration, processing, weights and hooks with shapes, tokenizer, provenance, and which analyses apply.") { name, format };
        command.SetAction(parse =>
        {
            if (parse.GetValue(name) is { } path && GgufDescription.IsOf(path))
            {
                InspectGguf.Print(path, parse.GetValue(format)!);
                return ExitCode.Success;
            }

            var locator = new ModelLocator(parse.GetValue(GlobalOptions.Models));
            using var model = ModelFolder.Open(locator.Find(parse.GetValue(name)), new OpenOptions { Weights = WeightsPolicy.Report, HashFolder = UserCache.Folder("hashes") });
            var catalog = Plugins.Discover(parse);
            var verdicts = catalog.Entries.Select(entry => Verdicts(entry, model.Config)).ToList();
            if (parse.GetValue(format) == "json")
            {
                PrintJson(model, verdicts);
            }
            else
            {
                Print(model, verdicts);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static (string Id, string Verdict, IReadOnlyList<string> Reasons) Verdicts(PluginEntry entry, ModelConfig config)
    {
        try
        {
            var applicability = Applicability.Of(PluginLoading.Load(entry).AnalysisType, config);
            return (entry.Id, applicability.Word, applicability.Reasons);
        }
        catch (PluginException error)
        {
            return (entry.Id, "cannot load", [error.Message]);
        }
    }

    private static void Print(OnnxModel model, List<(string Id, string Verdict, IReadOnlyList<string> Reasons)> verdicts)
    {
        var config = model.Config;
        Console.WriteLine($"{config.Name}: {config.Architecture}, weights {config.ProcessingName}");
        Console.WriteLine($"folder     {model.Folder}");
        Console.WriteLine($"sha-256    {model.Sha256} (graph, metadata and weights)");
        Console.WriteLine($"weights    {model.WeightsSha256 ?? "in model.onnx"} ({Names.Kebab($"{model.WeightsState}")})");
        Console.WriteLine($"traits     {string.Join(", ", config.Traits.Order().Select(trait => Names.Kebab(trait.ToString())))}");
        if (config.Metadata.TryGetValue("stitched", out var stitched))
        {
            Console.WriteLine($"stitched   {Stitched(JObject.Parse(stitched))}");
        }

        Console.WriteLine($"tokenizer  {(model.Tokenizer is { } tokenizer ? $"{config.Metadata.GetValueOrDefault("tokenizer_kind")}, {tokenizer.Count} ids, {string.Join(", ", model.TokenizerFileHashes.Keys)}" : "none")}");
        foreach (var assumed in config.Metadata.TryGetValue("assumed", out var list) ? JArray.Parse(list) : [])
        {
            Console.WriteLine($"assumed    {assumed}");
        }

        if (model.Tokenizer?.Unreadable is { } reason)
        {
            Console.WriteLine($"           text cannot be read: {reason}");
        }

        foreach (var note in model.Tokenizer?.Notes ?? [])
        {
            Console.WriteLine($"           {note}");
        }

        Console.WriteLine();
        Columns.Print(["configuration", "value"], config.Metadata.Where(entry => !Elsewhere.Contains(entry.Key) && entry.Key != "assumed").Select(entry => new[] { entry.Key, Short(entry.Value) }));
        Console.WriteLine();
        Columns.Print(["weight", "shape", "type", "bits"], model.WeightNames.Select(weight => Weight(model, weight)));
        Console.WriteLine();
        Columns.Print(["hook", "shape"], model.Hooks.Select(hook => new[] { hook.Key, $"[{string.Join(", ", hook.Value)}]" }));
        Console.WriteLine();
        Columns.Print(["analysis", "holds", "because"], verdicts.Select(verdict => new[] { verdict.Id, verdict.Verdict, string.Join("; ", verdict.Reasons) }));
    }

    private static string[] Weight(OnnxModel model, string name)
    {
        var (type, bits) = model.StorageOf(name);
        return [name, $"[{string.Join(", ", model.ShapeOf(name))}]", type, bits.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture)];
    }

    /// <summary>What it is made of, then everything else that was noted, as <c>name value</c>.</summary>
    private static string Stitched(JObject facts)
    {
        string Part(string role) => $"{facts[role]!["name"]} (sha-256 {facts[role]!.Value<string>("sha256") ?? $"changed from {facts[role]!["changed_from_sha256"]}"})";
        var others = facts.Properties().Where(fact => fact.Name is not ("donor" or "receiver" or "blocks" or "last")).Select(fact => $"{fact.Name} {fact.Value.ToString(Newtonsoft.Json.Formatting.None)}");
        return $"first {facts["blocks"]} of {Part("donor")}, last {facts["last"]} of {Part("receiver")}; {string.Join(", ", others)}";
    }

    private static string Short(string value) => value.Length <= 100 ? value : value[..97] + "...";

    private static void PrintJson(OnnxModel model, List<(string Id, string Verdict, IReadOnlyList<string> Reasons)> verdicts) => Json.Print(new
    {
        name = model.Config.Name,
        folder = model.Folder,
        sha256 = model.Sha256,
        weights_sha256 = model.WeightsSha256,
        weights_state = Names.Kebab($"{model.WeightsState}"),
        config = model.Config.Metadata.Where(entry => !Elsewhere.Contains(entry.Key)).ToDictionary(entry => entry.Key, entry => Value(entry.Value)),
        processing = model.Config.Processing,
        traits = model.Config.Traits.Order().Select(trait => Names.Kebab(trait.ToString())),
        tokenizer = new { kind = model.Config.Metadata.GetValueOrDefault("tokenizer_kind"), ids = model.Tokenizer?.Count, files = model.TokenizerFileHashes },
        source_sha256 = Value(model.Config.Metadata.GetValueOrDefault("source_sha256", "null")),
        weights = model.WeightNames.ToDictionary(weight => weight, model.ShapeOf),
        stored = model.WeightNames.ToDictionary(weight => weight, weight => new { type = model.StorageOf(weight).Type, bits = model.StorageOf(weight).Bits }),
        hooks = model.Hooks,
        analyses = verdicts.Select(verdict => new { id = verdict.Id, verdict = verdict.Verdict, reasons = verdict.Reasons }),
    });

    /// <summary>Metadata that are JSON as JSON, plain strings as strings.</summary>
    private static JToken Value(string text)
    {
        try
        {
            return JToken.Parse(text);
        }
        catch (Newtonsoft.Json.JsonReaderException)
        {
            return new JValue(text);
        }
    }
}
