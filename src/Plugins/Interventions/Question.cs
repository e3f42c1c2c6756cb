namespace PluginLens.Plugins.Interventions;

/// <summary>What is asked of a prompt's predictions.</summary>
/// <param name="Tokens">The prompt, <c>[pos]</c>.</param>
/// <param name="Positions">Where they are read.</param>
/// <param name="Answer">The token whose logit is read; null = what the unchanged model predicts.</param>
/// <param name="Against">The token whose logit is subtracted, or null.</param>
/// <param name="IsCausal">Whether the token that follows is what a position predicts.</param>
internal sealed record Question(int[] Tokens, IReadOnlyList<int> Positions, int? Answer, int? Against, bool IsCausal)
{
    /// <summary>What the options ask of a prompt.</summary>
    /// <param name="model">The model.</param>
    /// <param name="index">Which prompt.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="position">Positions; null = what the model reads by itself.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="UsageException">A token is none, or is missing.</exception>
    public static Question Of(Model model, int index, Prompt prompt, Selection? position, AblateOptions options)
    {
        if (options.Labels && options.Token is not null)
        {
            throw new UsageException("--labels takes each prompt's label as its token, and --token names one for all; leave one of them out.");
        }

        var (option, text) = options.Labels
            ? ($"--labels, prompt {index}", prompt.Label ?? throw new UsageException($"--labels: prompt {index} has no label; give --prompts a CSV file with a column 'label'."))
            : ("--token", options.Token);
        return new(
            prompt.Tokens, Predictions.Positions(model, index, prompt, position), text is null ? null : OneToken.Of(model, option, text), options.Against is { } against ? OneToken.Of(model, "--against", against) : null,
            !model.Config.Traits.Contains(Trait.Bidirectional));
    }

    /// <summary>The answers of a batch whose first row is the unchanged pass: one for each row.</summary>
    /// <param name="predictions">Makes logits.</param>
    /// <param name="states">Last states, <c>rows x pos x d_model</c>.</param>
    public Tally[] Read(Predictions predictions, Tensor states)
    {
        Tally[] tallies = [.. Enumerable.Range(0, states.Shape[0]).Select(_ => new Tally())];
        double[] unchanged = [], probabilities = [], logs = [];
        foreach (var (position, logits) in predictions.At(states, Positions))
        {
            if (logs.Length == 0)
            {
                (unchanged, probabilities, logs) = (new double[logits.Columns], new double[logits.Columns], new double[logits.Columns]);
            }

            Predictions.LogSoftmax(logits.Row(0), unchanged);
            for (var token = 0; token < unchanged.Length; token++)
            {
                probabilities[token] = Math.Exp(unchanged[token]);
            }

            var (answer, follows) = (Answer ?? Predictions.Best(logits.Row(0)), IsCausal && position + 1 < Tokens.Length ? Tokens[position + 1] : Answer);
            for (var row = 0; row < tallies.Length; row++)
            {
                Predictions.LogSoftmax(logits.Row(row), logs);
                tallies[row].Add(logits.Row(row), logs, logits.Row(0), unchanged, probabilities, answer, Against, follows);
            }
        }

        return tallies;
    }
}
