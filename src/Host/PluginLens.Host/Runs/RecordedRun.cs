using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>A run of before, as the run.json of its folder says.</summary>
public sealed class RecordedRun
{
    private readonly JObject _json;

    private RecordedRun(string folder, JObject json)
    {
        (Folder, _json) = (folder, json);
        Plugin = (string?)json["plugin"] ?? throw Older(folder);
        CommandLine = [.. (json["command_line"] as JArray ?? throw Older(folder)).Values<string>().OfType<string>()];
        Prompts = (json["inputs"] as JArray)?.Select(Prompt).ToList();
        PromptCount = (int?)json["prompts"] ?? 0;
        Files = [.. (json["files"] as JArray ?? []).Select(file => (string?)file).OfType<string>()];
    }

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>Id of the analysis.</summary>
    public string Plugin { get; }

    /// <summary>The command line as typed; what it says of prompts may have been kept private.</summary>
    public IReadOnlyList<string> CommandLine { get; }

    /// <summary>The prompts in order; null where they were kept private.</summary>
    public IReadOnlyList<RecordedPrompt>? Prompts { get; }

    /// <summary>How many prompts there were, private ones too.</summary>
    public int PromptCount { get; }

    /// <summary>The models, the first first.</summary>
    public IReadOnlyList<string> Models => [.. new[] { _json["model"] }.Concat(_json["further_models"] as JArray ?? []).Select(model => (string?)model?["name"]).OfType<string>()];

    /// <summary>What ran on what, notes and warnings, as below a table.</summary>
    public IEnumerable<string> Summary =>
    [
        $"{Plugin} on {string.Join((bool?)_json["in_turn"] == true ? ", then " : " and ", Models)}: {(string?)_json["verdict"] ?? "no verdict"}",
        .. Lines("error"), .. Lines("notes").Select(note => $"note: {note}"), .. Lines("warnings").Select(warning => $"warning: {warning}"),
    ];

    /// <summary>The tables, in order. A table that is gone is an error.</summary>
    public IReadOnlyList<StoredTable> Tables => StoredTable.Of(Folder, _json);

    /// <summary>Names of the figures, in order: <c>figures/NAME.json</c> in the folder. A name that leaves it is not believed.</summary>
    public IReadOnlyList<string> FigureNames =>
    [
        .. Files.Where(file => file.StartsWith("figures/", StringComparison.Ordinal) && file.EndsWith(".json", StringComparison.Ordinal)).Select(file => file["figures/".Length..^".json".Length]).Where(Names.IsKebab),
    ];

    /// <summary>Files of the run, relative to its folder.</summary>
    internal IReadOnlyList<string> Files { get; }

    /// <summary>Everything that run.json says.</summary>
    public JObject Json => _json;

    /// <summary>Reads a run folder.</summary>
    /// <param name="folder">With run.json in it.</param>
    public static RecordedRun Read(string folder)
    {
        var path = Path.Combine(folder, "run.json");
        try
        {
            using var reader = new JsonTextReader(new StreamReader(RegularFile.Open(path, SizeLimit.RunRecord))) { DateParseHandling = DateParseHandling.None };
            return new RecordedRun(folder, JObject.Load(reader));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"'{folder}' is not the folder of a run: it has no run.json; name the --out folder of one.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{folder}' is not the folder of a run: {OneLine.Of(error.Message)}", error);
        }
        catch (Exception error) when (error is JsonException or InvalidCastException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new UsageException($"'{path}' is not a run.json that can be read: {OneLine.Of(error.Message)}", error);
        }
    }

    private IEnumerable<string> Lines(string field) => _json[field] switch
    {
        JArray lines => lines.Values<string>().OfType<string>(),
        JValue { Type: JTokenType.String } line => [(string)line!],
        _ => [],
    };

    private static UsageException Older(string folder) =>
        new($"The run.json in '{folder}' does not say how it was run (an older version wrote it); give the command line again.");

    private static RecordedPrompt Prompt(JToken prompt) => new((string?)prompt["text"], (string?)prompt["label"], (prompt["ids"] as JArray)?.Select(id => (int)id).ToArray());
}
