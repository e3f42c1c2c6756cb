using System.Collections.Concurrent;
using PluginLens.Models;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>The committed checkpoints, exported and open: each once for all tests, closed at the end.</summary>
[SetUpFixture]
public sealed class CheckpointModels
{
    private static readonly ConcurrentDictionary<string, Lazy<OnnxModel>> Open = new(StringComparer.Ordinal);

    /// <summary>Rows of the vocabulary that have text, where there are fewer of them than rows.</summary>
    private static readonly Dictionary<string, int> Texts = new() { ["gpt_neox"] = 520, ["opt"] = 516, ["phi3"] = 541, ["qwen2"] = 525 };

    /// <summary>Every checkpoint.</summary>
    public static IEnumerable<string> All => Repository.CheckpointNames;

    /// <summary>Those with MLPs.</summary>
    public static IEnumerable<string> WithMlps => All.Where(name => !name.StartsWith("attn-only", StringComparison.Ordinal));

    /// <summary>Those that read from left to right.</summary>
    public static IEnumerable<string> Causal => All.Except(Encoders);

    /// <summary>Those that do not.</summary>
    public static string[] Encoders { get; } = ["bert", "roberta"];

    /// <summary>Exports whose norms are folded into the weights around them: the unembedding has a bias where the norm had one. With fold_ln alone states have a mean that the norm takes away.</summary>
    public static string[] Folded { get; } = ["gpt2 --transformer-lens-defaults", "gpt2 --fold-ln", "llama --fold-ln"];

    /// <summary>Those with a norm before attention.</summary>
    public static IEnumerable<string> PreNorm => All.Except([.. Encoders, "openai-gpt"]);

    /// <summary>Those with gated MLPs.</summary>
    public static string[] Gated { get; } = ["gemma2", "llama", "llama3", "mistral", "phi3", "qwen2"];

    /// <summary>Those with rotary positions.</summary>
    public static string[] Rotary { get; } = [.. Gated, "gpt_neox"];

    /// <summary>Those whose vocabulary is padded.</summary>
    public static IEnumerable<string> Padded => Texts.Keys;

    /// <summary>The model of a checkpoint.</summary>
    /// <param name="name">Folder under tests/Golden/checkpoints, flags of the exporter behind it.</param>
    public static OnnxModel Get(string name) => Open.GetOrAdd(name, key => new Lazy<OnnxModel>(
        () => ModelFolder.Open(ExportedFixtures.Get(key.Split(' ')[0], key.Split(' ')[1..]), new OpenOptions { Device = Device.Cpu }))).Value;

    /// <summary>Whether a row of the vocabulary has text.</summary>
    /// <param name="name">Checkpoint.</param>
    /// <param name="id">Row.</param>
    public static bool HasText(string name, int id) => id < Texts.GetValueOrDefault(name, int.MaxValue);

    /// <summary>Two short prompts of ids from all over the vocabulary.</summary>
    public static Prompt[] Prompts { get; } = [Prompt(9, 37), Prompt(7, 53)];

    /// <summary>Closes them.</summary>
    [OneTimeTearDown]
    public void Close()
    {
        foreach (var model in Open.Values)
        {
            model.Value.Dispose();
        }
    }

    private static Prompt Prompt(int length, int step) => new(null, [.. Enumerable.Range(1, length).Select(position => (position * position * step) % 499)]);
}
