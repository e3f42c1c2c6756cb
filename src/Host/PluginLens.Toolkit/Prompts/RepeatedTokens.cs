namespace PluginLens.Toolkit;

/// <summary>Random tokens that are repeated: text without meaning, in which nothing but copying helps.</summary>
public static class RepeatedTokens
{
    /// <summary>
    /// Sequences of random tokens that have text, each said twice, behind the token that begins where the model has one and it is wanted. They follow from the seed alone, so that a plan and a run read the same.
    /// </summary>
    /// <param name="context">The model and the seed.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="length">Tokens before they are repeated; fewer where the model reads fewer.</param>
    /// <param name="begin">Whether the token that begins stands in front.</param>
    /// <exception cref="UsageException">The model reads too few tokens to repeat any.</exception>
    public static Prompt[] Of(AnalysisContext context, int sequences, int length, bool begin = true)
    {
        var (model, config) = (context.Model, context.Model.Config);
        int[] first = begin && config.BosId is { } bos ? [bos] : [];
        var half = Math.Min(length, (config.NCtx - first.Length) / 2);
        var keep = new TokenFilter { ExcludeSpecial = model.Tokenizer is not null }.Mask(model);
        int[] ids = [.. Enumerable.Range(0, config.DVocab).Where(id => keep?[id] != false && !first.Contains(id))];
        if (half < 2)
        {
            throw new UsageException($"Model '{config.Name}' reads {config.NCtx} tokens: too few to repeat any; give --sequences 0 and a --prompt.");
        }

        // A source of its own: that of the context goes on from where it was left.
        var random = new Random(context.Seed);
        return [.. Enumerable.Range(0, sequences).Select(_ =>
        {
            int[] once = [.. Enumerable.Range(0, half).Select(_ => ids[random.Next(ids.Length)])];
            return new Prompt(null, [.. first, .. once, .. once]);
        })];
    }

    /// <summary>What a note says of them.</summary>
    /// <param name="context">The model and the seed.</param>
    /// <param name="prompts">The sequences; at least one.</param>
    public static string Describe(AnalysisContext context, IReadOnlyList<Prompt> prompts) =>
        $"random: {prompts.Count} sequences of {prompts[0].Tokens.Length} tokens, the second half a copy of the first{(prompts[0].Tokens.Length % 2 == 0 ? string.Empty : " after the token that begins")}, seed {context.Seed}";
}
