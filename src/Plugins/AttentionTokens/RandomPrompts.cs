namespace PluginLens.Plugins.AttentionTokens;

/// <summary>Random prompts as the document makes them, from the seed alone: a plan and a run, and a run that is taken up again, read the same.</summary>
internal static class RandomPrompts
{
    private const int Tokens = 31, PatternTokens = 3, Repeats = 10;

    /// <summary>The prompts, behind the token that begins where the model has one.</summary>
    /// <param name="context">Model and seed.</param>
    /// <param name="kind">Which; not none.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="UsageException">The model reads fewer tokens than such a prompt has.</exception>
    public static Prompt[] Of(AnalysisContext context, RandomInput kind, int count)
    {
        var (model, config) = (context.Model, context.Model.Config);
        int[] first = config.BosId is { } bos ? [bos] : [];
        var length = first.Length + (kind == RandomInput.Pattern ? PatternTokens * Repeats : Tokens);
        if (length > config.NCtx)
        {
            throw new UsageException($"Random prompts of {length} tokens: model '{config.Name}' reads at most {config.NCtx}.");
        }

        // Ids that stand for text: the document's draw goes one beyond its vocabulary.
        var keep = new TokenFilter().Mask(model);
        int[] ids = [.. Enumerable.Range(0, config.DVocab).Where(id => keep?[id] != false)];
        var random = new Random(context.Seed);
        int Draw() => ids[random.Next(ids.Length)];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            switch (kind)
            {
                case RandomInput.Single:
                    var one = Draw();
                    return new Prompt(null, [.. first, .. Enumerable.Repeat(one, Tokens)]);
                case RandomInput.Pattern:
                    int[] pattern = [.. Enumerable.Range(0, PatternTokens).Select(_ => Draw())];
                    return new Prompt(null, [.. first, .. Enumerable.Repeat(pattern, Repeats).SelectMany(tokens => tokens)]);
                default:
                    return new Prompt(null, [.. first, .. Enumerable.Range(0, Tokens).Select(_ => Draw())]);
            }
        })];
    }

    /// <summary>What a note says of them.</summary>
    /// <param name="context">The seed.</param>
    /// <param name="kind">Which.</param>
    /// <param name="prompts">The prompts.</param>
    public static string Describe(AnalysisContext context, RandomInput kind, IReadOnlyList<Prompt> prompts) =>
        $"{Counted.Of(prompts.Count, "random prompt")} of {prompts[0].Tokens.Length} tokens ({$"{kind}".ToLowerInvariant()}), seed {context.Seed}";
}
