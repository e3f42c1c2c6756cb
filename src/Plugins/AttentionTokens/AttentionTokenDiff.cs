namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// What one more token, or another token in a place, changes in the tokens of attention: the dataset of a prompt S beside that of S and t, cell by cell. In a causal model no cell of S changes when t follows: the new row is all
/// there is. The closing plan of "Attention tokens".
/// </summary>
[Analysis("attention-token-diff", "What one more token changes in the tokens of attention",
    Answers = "The tokens that a prompt's heads read as once a token follows or is replaced: the new row, which of its tokens a head had not used, and the cells that changed.",
    Source = "Attention tokens (closing plan)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("attention-token-diff", typeof(DiffCell))]
[Writes("heads", typeof(DiffHead))]
public sealed class AttentionTokenDiff : Analysis<AttentionTokenDiffOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AttentionTokenDiffOptions options)
    {
        var (model, component) = (context.Model, options.Component);
        var given = TokensOfAttention.Prompts(context, options);
        var reader = new AttentionTokenReader(context, options, [component]);
        context.Results.Note(reader.Description);
        var table = context.Results.Table<DiffCell>("attention-token-diff", groupBy: 3);
        var heads = context.Results.Table<DiffHead>("heads", groupBy: 1);
        foreach (var (index, before) in given.Index())
        {
            var (after, said) = Changed(context, options, before);
            context.Results.Note($"prompt {index}: {said}");
            var changedCells = 0;
            foreach (var (one, other) in reader.Read([before]).Zip(reader.Read([after])))
            {
                var used = one.Places.Select(at => one.Id(component, at.I, at.J)!.Value).ToHashSet();
                var (changed, added, fresh) = (0, 0, 0);
                foreach (var (i, j) in other.Places)
                {
                    var token = other.Id(component, i, j)!.Value;
                    var isNew = i >= before.Tokens.Length || j >= before.Tokens.Length;
                    var old = isNew ? (int?)null : one.Id(component, i, j);
                    if (!isNew && old == token)
                    {
                        continue;
                    }

                    table.Add(new DiffCell(index, one.Layer, one.Head, i, j, isNew ? CellChange.Added : CellChange.Changed, model.Token(after.Tokens[i]), old is { } id ? model.Token(id) : null, model.Token(token), !used.Contains(token)));
                    changed += isNew ? 0 : 1;
                    added += isNew ? 1 : 0;
                    fresh += used.Contains(token) ? 0 : 1;
                }

                heads.Add(new DiffHead(index, one.Layer, one.Head, added, fresh, changed));
                changedCells += changed;
            }

            if (changedCells == 0)
            {
                context.Results.Note($"prompt {index}: no cell of the prompt changed{(model.Config.AttentionDir == "causal" && options.Replace is null ? ", as in every causal model to which a token is added" : string.Empty)}");
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AttentionTokenDiffOptions options)
    {
        var cost = TokensOfAttention.CostOf(context, options, [options.Component]);
        double heads = (double)options.Layer.Of(context.Model.Config.NLayers, "layer").Count * options.Head.Of(context.Model.Config.NHeads, "head").Count;
        return Costs.Sum(cost, cost, cost, Costs.Rows<DiffCell>(heads * TokensOfAttention.Prompts(context, options).Sum(prompt => 2.0 * prompt.Tokens.Length)), Costs.Rows<DiffHead>(heads));
    }

    /// <summary>The prompt with a token more, or another one, and how that was chosen.</summary>
    private static (Prompt After, string Said) Changed(AnalysisContext context, AttentionTokenDiffOptions options, Prompt before)
    {
        var (model, tokens) = (context.Model, before.Tokens);
        if (options.Replace is { } place)
        {
            var at = place < 0 ? tokens.Length + place : place;
            if (at < 0 || at >= tokens.Length || options.Next.Length == 0)
            {
                throw new UsageException(options.Next.Length == 0 ? "--replace: name the token with --next." : $"--replace {place}: this prompt has {(tokens.Length == 1 ? "position 0 alone" : $"positions 0 to {tokens.Length - 1}")}.");
            }

            int[] replaced = [.. tokens];
            replaced[at] = OneToken.Of(model, "--next", options.Next);
            return (before with { Tokens = replaced }, $"position {at}: '{model.Token(tokens[at]).Text}' replaced by '{model.Token(replaced[at]).Text}'");
        }

        if (tokens.Length == model.Config.NCtx)
        {
            throw new UsageException($"The prompt fills the {model.Config.NCtx} tokens that model '{model.Config.Name}' reads: no token can follow; use --replace.");
        }

        if (options.Next.Length > 0)
        {
            var named = OneToken.Of(model, "--next", options.Next);
            return (before with { Tokens = [.. tokens, named] }, $"'{model.Token(named).Text}' follows, as --next says");
        }

        if (!model.Hooks.ContainsKey("logits") || model.Config.AttentionDir != "causal")
        {
            throw new UsageException($"Model '{model.Config.Name}' does not say which token comes next; name it with --next.");
        }

        var logits = model.Run(new ModelInput(tokens), ["logits"])["logits"][0].AsMatrix().Row(tokens.Length - 1).ToArray();
        var next = Array.IndexOf(logits, logits.Max());
        return (before with { Tokens = [.. tokens, next] }, $"'{model.Token(next).Text}' follows, the model's first choice");
    }
}

/// <summary>What became of a cell.</summary>
public enum CellChange
{
    /// <summary>It was not there.</summary>
    Added,

    /// <summary>It reads as another token.</summary>
    Changed,
}

/// <summary>A cell that is new or has changed.</summary>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="I">Query.</param>
/// <param name="J">Key.</param>
/// <param name="Change">Added or changed.</param>
/// <param name="Input">The token at the query, afterwards.</param>
/// <param name="Before">What it read as; none where it was not there.</param>
/// <param name="After">What it reads as.</param>
/// <param name="IsNew">Whether the head read as that token nowhere in the prompt before.</param>
public sealed record DiffCell(int Prompt, int Layer, int Head, int I, int J, CellChange Change, Token Input, Token? Before, Token After, bool IsNew);

/// <summary>A head.</summary>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Added">Cells that were not there.</param>
/// <param name="NewTokens">Cells, added or changed, with a token that the head had not used.</param>
/// <param name="Changed">Cells that read as another token.</param>
public sealed record DiffHead(int Prompt, int Layer, int Head, int Added, int NewTokens, int Changed);

/// <summary>Options of <c>attention-token-diff</c>.</summary>
public sealed record AttentionTokenDiffOptions : AttentionReadingOptions
{
    /// <summary>Which tokens.</summary>
    [Help("Which tokens: hadamard, dot, q, k or v.")]
    public AttentionComponent Component { get; init; }

    /// <summary>The token.</summary>
    [Help("The token that follows, or that --replace puts there; without it the one that the model finds most likely.")]
    public string Next { get; init; } = string.Empty;

    /// <summary>Where.</summary>
    [Help("Replace the token at this position instead (negative: from the end).")]
    public int? Replace { get; init; }
}
