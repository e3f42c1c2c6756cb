namespace PluginLens.Models.Verification;

/// <summary>Two short sequences of ids spread over the vocabulary, and what a whole forward pass makes of them.</summary>
internal sealed class ForwardSample
{
    private const int Longest = 12;

    private ForwardSample(ModelInput input, Activations whole, string output) => (Input, Whole, Output) = (input, whole, output);

    /// <summary>The two sequences; where the model reads a mask, the second ends in padding.</summary>
    public ModelInput Input { get; }

    /// <summary>Every floating-point hook, from one pass.</summary>
    public Activations Whole { get; }

    /// <summary>Logits, or the last block's output where there are none.</summary>
    public string Output { get; }

    /// <summary>Runs the model once.</summary>
    /// <param name="model">The model.</param>
    public static ForwardSample Of(OnnxModel model)
    {
        var config = model.Config;
        var length = Math.Min(config.NCtx, Longest);
        var ids = Math.Min(model.EmbeddingRows, model.Tokenizer?.Count ?? model.EmbeddingRows);
        int[][] tokens = [Ids(0, length, ids), Ids(1, length, ids)];
        int[][]? mask = config.AttentionDir == "bidirectional" ? [[.. Enumerable.Repeat(1, length)], [.. Enumerable.Range(0, length).Select(pos => pos == 0 || pos < length - 3 ? 1 : 0)]] : null;
        var last = $"blocks.{config.NLayers - 1}.";
        var output = model.Hooks.ContainsKey("logits") ? "logits" : model.Hooks.ContainsKey($"{last}hook_normalized_resid_post") ? $"{last}hook_normalized_resid_post" : $"{last}hook_resid_post";
        var input = new ModelInput(tokens, mask);
        return new ForwardSample(input, model.Run(input, [.. model.Hooks.Keys]), output);
    }

    /// <summary>Ids far apart, no two neighbours alike; the first of row 0 is not 0, which pads in some models.</summary>
    /// <param name="row">Which of the sequences.</param>
    /// <param name="length">Tokens.</param>
    /// <param name="count">Ids that there are.</param>
    public static int[] Ids(int row, int length, int count) => [.. Enumerable.Range(0, length).Select(pos => (int)((((pos * 7919L) + (row * 104729L)) + 5) % count))];
}
