namespace PluginLens.Plugins.Stitching;

/// <summary>Asks the receiver for its answers: classes of whole texts, or the next token at each position.</summary>
/// <param name="receiver">The receiver.</param>
/// <param name="classes">Label to class; null = next tokens.</param>
internal sealed class StitchReader(Model receiver, IReadOnlyDictionary<string, int>? classes)
{
    /// <summary>For the notes.</summary>
    public string Description => classes is null ? "its unembedding (accuracy: next token)" : "its classifier (accuracy: label)";

    /// <summary>The classifier where the receiver has one, else the unembedding.</summary>
    /// <param name="receiver">The receiver.</param>
    /// <param name="prompts">With labels for a classifier.</param>
    public static StitchReader For(Model receiver, IReadOnlyList<Prompt> prompts)
    {
        if (!receiver.HasWeight("classifier.W"))
        {
            if (receiver.Config.Traits.Contains(Trait.Bidirectional))
            {
                throw new UsageException($"Model '{receiver.Config.Name}' sees the tokens that it would have to predict and has no classifier; give a causal model or one with a classifier as the second --model.");
            }

            return receiver.HasWeight("unembed.W_U") ? new StitchReader(receiver, null) : throw new UsageException(
                $"Model '{receiver.Config.Name}' has neither a classifier nor an unembedding; give one that has as the second --model.");
        }

        // Class 0 is the negative one, whatever the file calls it.
        var known = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
        {
            ["0"] = 0, ["neg"] = 0, ["negative"] = 0, ["1"] = 1, ["pos"] = 1, ["positive"] = 1,
        };
        var wrong = prompts.FirstOrDefault(prompt => prompt.Label is null || !known.ContainsKey(prompt.Label));
        return wrong is null ? new StitchReader(receiver, known) : throw new UsageException(
            $"Model '{receiver.Config.Name}' classifies texts: expected the label negative (0) or positive (1) beside each, found {(wrong.Label is null ? "none" : $"'{wrong.Label}'")}; give --prompts FILE.csv with columns text, label.");
    }

    /// <summary>The right answers: one class, or the token after each position but the last.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="tokens">Its tokens, perhaps cut.</param>
    public int[] Truth(Prompt prompt, int[] tokens) => classes is null ? tokens[Math.Min(1, tokens.Length)..] : [classes[prompt.Label!]];

    /// <summary>The receiver's answers, in the same order.</summary>
    /// <param name="input">Tokens, and the states to feed.</param>
    public int[] Read(ModelInput input)
    {
        if (classes is null)
        {
            var logits = receiver.Run(input, ["logits"])["logits"][0].AsMatrix();
            return [.. Enumerable.Range(0, logits.Rows - 1).Select(position => Best(logits.Row(position)))];
        }

        // The classifier reads raw states: its final norm is the identity. Logits are averaged over positions, so states may be.
        var hook = Seam.StateOf(receiver.Config, receiver.Config.NLayers);
        var states = receiver.Run(input, [hook])[hook][0].AsMatrix();
        var weight = receiver.Weight("classifier.W").AsMatrix();
        var scores = new float[weight.Columns];
        for (var column = 0; column < scores.Length; column++)
        {
            var sum = 0.0;
            for (var position = 0; position < states.Rows; position++)
            {
                for (var at = 0; at < states.Columns; at++)
                {
                    sum += (double)states.Row(position)[at] * weight.Row(at)[column];
                }
            }

            scores[column] = (float)((sum / states.Rows) + (receiver.HasWeight("classifier.b") ? receiver.Weight("classifier.b").Span[column] : 0));
        }

        return [Best(scores)];
    }

    private static int Best(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var at = 1; at < scores.Length; at++)
        {
            best = scores[at] > scores[best] ? at : best;
        }

        return best;
    }
}
