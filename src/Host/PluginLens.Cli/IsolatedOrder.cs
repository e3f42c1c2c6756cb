using System.Text.Json;
using System.Text.Json.Serialization;
using PluginLens.Host;
using PluginLens.Models;

namespace PluginLens.Cli;

/// <summary>What the process of an isolated analysis is asked to do: the part of a command line that it needs, as text.</summary>
internal sealed record IsolatedOrder
{
    /// <summary>Folder of the plugin.</summary>
    public required string Folder { get; init; }

    /// <summary>Id of the analysis.</summary>
    public required string Analysis { get; init; }

    /// <summary>Its options as typed.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>--model.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>--models.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>Whether the default model is to be one for prompts.</summary>
    public bool ReadsPrompts { get; init; }

    /// <summary>Texts, files and ids.</summary>
    public required PromptSource Prompts { get; init; }

    /// <summary>--private.</summary>
    public bool KeepsPromptsPrivate { get; init; }

    /// <summary>For run.json.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }

    /// <summary>--device.</summary>
    public Device Device { get; init; }

    /// <summary>--threads.</summary>
    public int Threads { get; init; }

    /// <summary>--seed.</summary>
    public int Seed { get; init; }

    /// <summary>--no-cache.</summary>
    public bool NoCache { get; init; }

    /// <summary>--unverified-weights.</summary>
    public bool UnverifiedWeights { get; init; }

    /// <summary>--plan.</summary>
    public bool Plans { get; init; }

    /// <summary>Whether there is a run folder.</summary>
    public bool WritesFiles { get; init; }

    /// <summary>As the process reads it.</summary>
    public string ToText() => JsonSerializer.Serialize(this, IsolatedOrderJson.Default.IsolatedOrder);

    /// <summary>As the host wrote it.</summary>
    /// <param name="text">JSON.</param>
    public static IsolatedOrder Of(string text) => JsonSerializer.Deserialize(text, IsolatedOrderJson.Default.IsolatedOrder)!;
}

/// <summary>Made when compiled: a process that is to be there at once has no time for reflection.</summary>
[JsonSerializable(typeof(IsolatedOrder))]
internal sealed partial class IsolatedOrderJson : JsonSerializerContext;
