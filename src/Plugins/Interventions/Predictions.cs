namespace PluginLens.Plugins.Interventions;

/// <summary>Logits of last states, at the positions that are asked for alone.</summary>
/// <param name="model">The model.</param>
internal sealed class Predictions(Model model)
{
    /// <summary>Rows of logits that are held at a time.</summary>
    private const int Block = 64;

    private readonly string _final = ChangedPasses.Final(model.Config);

    /// <summary>Where a prompt's predictions are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="index">Which prompt.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="chosen">What the user asked for; null = the last token, of an encoder the masked ones.</param>
    /// <exception cref="UsageException">Nothing is asked for and nothing is masked.</exception>
    public static IReadOnlyList<int> Positions(Model model, int index, Prompt prompt, Selection? chosen)
    {
        if (chosen is not null)
        {
            return chosen.Of(prompt.Tokens.Length, "position");
        }

        if (!model.Config.Traits.Contains(Trait.Bidirectional))
        {
            return [prompt.Tokens.Length - 1];
        }

        int[] masked = [.. Enumerable.Range(0, prompt.Tokens.Length).Where(position => IsMask(model, prompt.Tokens[position]))];
        return masked.Length > 0 ? masked : throw new UsageException($"Prompt {index} masks no token, and model '{model.Config.Name}' predicts masked ones; write its mask token into the text, or give --position.");
    }

    /// <summary>The logits of all rows at some positions: <c>[position][row]</c>, positions in turn, so that few are held.</summary>
    /// <param name="states">Last states, <c>rows x pos x d_model</c>.</param>
    /// <param name="positions">Positions.</param>
    public IEnumerable<(int Position, Matrix Logits)> At(Tensor states, IReadOnlyList<int> positions)
    {
        int rows = states.Shape[0], length = states.Shape[1], width = states.Shape[2];
        foreach (var some in positions.Chunk(Math.Max(1, Block / rows)))
        {
            var gathered = new float[some.Length * rows * width];
            for (var at = 0; at < some.Length * rows; at++)
            {
                states.Span.Slice((((at % rows) * length) + some[at / rows]) * width, width).CopyTo(gathered.AsSpan(at * width, width));
            }

            var replace = new Dictionary<string, Tensor> { [_final] = new(_final, gathered, some.Length * rows, 1, width) };
            var logits = model.Run(new ModelInput([], null) { Replace = replace }, ["logits"])["logits"].AsMatrix();
            for (var at = 0; at < some.Length; at++)
            {
                yield return (some[at], logits.Slice(at * rows, rows));
            }
        }
    }

    /// <summary>Logarithms of probabilities.</summary>
    /// <param name="logits">One row of logits, <c>[V]</c>.</param>
    /// <param name="into">Receives them, <c>[V]</c>.</param>
    public static void LogSoftmax(ReadOnlySpan<float> logits, double[] into)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (var logit in logits)
        {
            most = Math.Max(most, logit);
        }

        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - most);
        }

        var all = most + Math.Log(sum);
        for (var token = 0; token < logits.Length; token++)
        {
            into[token] = logits[token] - all;
        }
    }

    /// <summary>The token with the largest logit; of equal ones the first.</summary>
    /// <param name="logits">One row of logits, <c>[V]</c>.</param>
    public static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
        {
            best = logits[token] > logits[best] ? token : best;
        }

        return best;
    }

    private static bool IsMask(Model model, int token) =>
        model.Tokenizer is { } tokenizer && tokenizer.IsSpecial(token) && tokenizer.Piece(token)?.Contains("mask", StringComparison.OrdinalIgnoreCase) == true;
}
