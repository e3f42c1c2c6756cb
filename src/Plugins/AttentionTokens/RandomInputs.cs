namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// Prompts without meaning, from the seed: one random token 31 times, 31 random tokens, or three random tokens ten times, behind the token that begins. <c>attention-tokens --random</c> reads the same ones; here they stand as ids
/// and text. "Attention tokens" (random prompts), with every id of the vocabulary and none beyond it.
/// </summary>
[Analysis("random-inputs", "Random prompts",
    Answers = "Random prompts as ids and text: one token repeated, random tokens, or a repeated pattern.",
    Source = "Attention tokens (random prompts)")]
[Holds(Verdict.Exact, "it reads the vocabulary alone")]
[Writes("random-inputs", typeof(RandomInputRow))]
public sealed class RandomInputs : Analysis<RandomInputsOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, RandomInputsOptions options)
    {
        if (options.ThroughText && context.Model.Tokenizer is null)
        {
            throw new UsageException($"--through-text: model '{context.Model.Config.Name}' has no tokenizer; leave the option out.");
        }

        var table = context.Results.Table<RandomInputRow>("random-inputs", groupBy: 1);
        foreach (var kind in options.Kind == RandomInput.None ? [RandomInput.Single, RandomInput.Random, RandomInput.Pattern] : new[] { options.Kind })
        {
            var prompts = RandomPrompts.Of(context, kind, options.Count);
            context.Results.Note(RandomPrompts.Describe(context, kind, prompts));
            foreach (var (at, prompt) in prompts.Index())
            {
                var begins = context.Model.Config.BosId is { } bos && prompt.Tokens[0] == bos ? 1 : 0;
                var text = context.Model.Tokenizer?.Decode(prompt.Tokens[begins..]) ?? string.Concat(prompt.Tokens[begins..].Select(token => context.Model.Token(token).Text));
                int[] ids = options.ThroughText ? [.. prompt.Tokens[..begins], .. context.Model.Tokenizer!.Encode(text, addSpecial: false)] : prompt.Tokens;
                table.Add(new RandomInputRow(kind, at, ids.Length, string.Join(',', ids), text));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, RandomInputsOptions options) => Costs.Rows<RandomInputRow>((options.Kind == RandomInput.None ? 3.0 : 1) * options.Count);
}

/// <summary>A random prompt.</summary>
/// <param name="Kind">Single, random or pattern.</param>
/// <param name="Prompt">Its index, from 0.</param>
/// <param name="Tokens">How many tokens it has, the one that begins included.</param>
/// <param name="Ids">The ids, as <c>--ids</c> takes them.</param>
/// <param name="Text">The text that they decode to, without the token that begins.</param>
public sealed record RandomInputRow(RandomInput Kind, int Prompt, int Tokens, string Ids, string Text);

/// <summary>Options of <c>random-inputs</c>.</summary>
public sealed record RandomInputsOptions
{
    /// <summary>Which.</summary>
    [Help("single, random or pattern; none: all three.")]
    public RandomInput Kind { get; init; }

    /// <summary>How many.</summary>
    [AtLeast(1)]
    [Help("Prompts of each kind.")]
    public int Count { get; init; } = 32;

    /// <summary>Decoded and encoded again.</summary>
    [Help("Decode the ids and encode the text again, as the document does: ids and lengths can change.")]
    public bool ThroughText { get; init; }
}
