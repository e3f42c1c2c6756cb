using System.Globalization;
using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>The provenance of a run: everything that it takes to get the same result again.</summary>
public sealed record RunInfo
{
    /// <summary>Id of the analysis.</summary>
    public required string Plugin { get; init; }

    /// <summary>What the user typed; prompts left out where they are private.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>Version of the plugin.</summary>
    public required string PluginVersion { get; init; }

    /// <summary>Hash of the plugin's assembly; null for one made in memory.</summary>
    public string? PluginSha256 { get; init; }

    /// <summary>Contract version that the plugin was built against.</summary>
    public required string ContractVersion { get; init; }

    /// <summary>Version of the host.</summary>
    public required string HostVersion { get; init; }

    /// <summary>The models in the order of <c>--model</c>; at least one.</summary>
    public required IReadOnlyList<ModelIdentity> Models { get; init; }

    /// <summary>Whether the analysis reads one model and had a turn with each.</summary>
    public bool InTurn { get; init; }

    /// <summary>Every option with its value, defaults included.</summary>
    public required IReadOnlyDictionary<string, object?> Options { get; init; }

    /// <summary>Hashes of the files that options name, by option.</summary>
    public IReadOnlyDictionary<string, object?> OptionFiles { get; init; } = new Dictionary<string, object?>();

    /// <summary>How many prompts or rows of a dataset.</summary>
    public int Prompts { get; init; }

    /// <summary>Hash over texts, labels and ids of the prompts; null without any.</summary>
    public string? PromptsSha256 { get; init; }

    /// <summary>The prompts themselves; null where they are private.</summary>
    public IEnumerable<RecordedPrompt>? Inputs { get; init; } = [];

    /// <summary>Seed of the random source.</summary>
    public int Seed { get; init; }

    /// <summary>Device: <c>cpu</c>, <c>cuda</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Why that device, where another was asked for; else null.</summary>
    public string? DeviceReason { get; init; }

    /// <summary>Threads of the compute service.</summary>
    public int Threads { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Wall time in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>How far the analysis holds for the model, and why.</summary>
    public required Applicability Applicability { get; init; }

    /// <summary>How it ended.</summary>
    public RunStatus Status { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>Lines that belong to the result.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What makes the result less than what was asked for.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The tables, filled.</summary>
    public IReadOnlyList<TableData> Tables { get; init; } = [];

    internal void Write(JsonWriter json, IReadOnlyList<string>? files = null, IReadOnlyDictionary<string, string>? hashes = null)
    {
        json.WriteStartObject();
        Value(json, "plugin", Plugin);
        Value(json, "command_line", CommandLine);
        Value(json, "plugin_version", PluginVersion);
        Value(json, "plugin_sha256", PluginSha256);
        Value(json, "contract_version", ContractVersion);
        Value(json, "host_version", HostVersion);
        json.WritePropertyName("model");
        Identity(json, Models[0]);
        json.WritePropertyName("further_models");
        json.WriteStartArray();
        foreach (var model in Models.Skip(1))
        {
            Identity(json, model);
        }

        json.WriteEndArray();
        Value(json, "in_turn", InTurn);
        Values(json, "options", Options);
        Values(json, "option_files_sha256", OptionFiles);
        Value(json, "prompts", Prompts);
        Value(json, "prompts_sha256", PromptsSha256);
        InputList(json);
        Value(json, "seed", Seed);
        Value(json, "device", Device);
        Value(json, "device_reason", DeviceReason);
        Value(json, "threads", Threads);
        Value(json, "started", Started.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Value(json, "wall_seconds", Math.Round(Seconds, 3));
        Value(json, "verdict", Applicability.Word);
        Value(json, "verdict_reasons", Applicability.Reasons);
        Value(json, "status", Names.Kebab(Status.ToString()));
        Value(json, "error", Error);
        Value(json, "notes", Notes);
        Value(json, "warnings", Warnings);
        TableList(json);
        if (files is not null)
        {
            Value(json, "files", files);
            Value(json, "incomplete", Incomplete(files));
            Values(json, "files_sha256", hashes?.ToDictionary(file => file.Key, object? (file) => file.Value) ?? []);
        }

        json.WriteEndObject();
    }

    /// <summary>What files are that look unfinished; null where there are none.</summary>
    private static string? Incomplete(IReadOnlyList<string> files) => files.Any(name => name.EndsWith(".incomplete.csv", StringComparison.Ordinal))
        ? "TABLE.incomplete.csv holds the rows that were finished when the run broke off, each of them whole; what was to come after them is lacking"
        : null;

    private static void Identity(JsonWriter json, ModelIdentity model)
    {
        json.WriteStartObject();
        Value(json, "name", model.Name);
        Value(json, "architecture", model.Architecture);
        Value(json, "sha256", model.Sha256);
        Value(json, "weights_sha256", model.WeightsSha256);
        Value(json, "weights", model.Weights is { } state ? Names.Kebab(state.ToString()) : null);
        Value(json, "processing", model.Processing);
        Value(json, "tokenizer_sha256", model.TokenizerSha256);
        json.WriteEndObject();
    }

    private static void Values(JsonWriter json, string name, IReadOnlyDictionary<string, object?> values)
    {
        json.WritePropertyName(name);
        json.WriteStartObject();
        foreach (var (key, value) in values)
        {
            Value(json, key, value);
        }

        json.WriteEndObject();
    }

    private static void Value(JsonWriter json, string name, object? value)
    {
        json.WritePropertyName(name);
        Value(json, value);
    }

    private static void Value(JsonWriter json, object? value)
    {
        if (value is string || value is not System.Collections.IEnumerable list)
        {
            json.WriteValue(value);
            return;
        }

        json.WriteStartArray();
        foreach (var element in list)
        {
            Value(json, element);
        }

        json.WriteEndArray();
    }

    private void InputList(JsonWriter json)
    {
        json.WritePropertyName("inputs");
        if (Inputs is null)
        {
            json.WriteNull();
            return;
        }

        json.WriteStartArray();
        foreach (var input in Inputs)
        {
            // One a line, as rows are: a dataset stays readable.
            json.WriteStartObject();
            json.Formatting = Formatting.None;
            foreach (var (name, value) in new (string, object?)[] { ("text", input.Text), ("label", input.Label), ("ids", input.Ids) }.Where(field => field.Item2 is not null))
            {
                Value(json, name, value);
            }

            json.WriteEndObject();
            json.Formatting = Formatting.Indented;
        }

        json.WriteEndArray();
    }

    private void TableList(JsonWriter json)
    {
        json.WritePropertyName("tables");
        json.WriteStartArray();
        foreach (var table in Tables)
        {
            json.WriteStartObject();
            Value(json, "name", table.Name);
            Value(json, "rows", table.Count);
            Value(json, "complete", table.Complete);
            Value(json, "columns", table.Columns.Select(column => column.Name));
            Value(json, "kinds", table.Columns.Select(column => Names.Kebab(column.Kind.ToString())));
            Value(json, "group_by", table.GroupBy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
