using System.Globalization;
using System.Text;

namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// The dataset of attention tokens: each query, key, value, and each product of a query and a key, of every head and every pair of positions, read as the token that it would make most likely,
/// <c>argmax_t (c W_O W_U + b_U)_t</c>. Rows go out prompt by prompt. "Attention tokens" (run_prompts, to_df); the analyses beside this one read its table.
/// </summary>
[Analysis("attention-tokens", "Queries, keys, values and their products as tokens",
    Answers = "For each head and each pair of tokens of a prompt the token that the query, the key, the value and their product read as.",
    Source = "Attention tokens (dataset of all heads)")]
[Resumable]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("attention-tokens", typeof(AttentionTokenRow))]
public sealed class TokensOfAttention : Analysis<AttentionTokensOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AttentionTokensOptions options)
    {
        var prompts = Prompts(context, options);
        if (options.Layout == Layout.Document && (context.PromptsDone > 0 || prompts.Any(prompt => prompt.Tokens.Length != prompts[0].Tokens.Length)))
        {
            throw new UsageException(context.PromptsDone > 0
                ? "--layout document goes head by head through all prompts: a run that broke off cannot be taken up again with it; begin anew."
                : "--layout document is one tensor of all prompts: give prompts of equal length.");
        }

        var reader = new AttentionTokenReader(context, options, options.Components);
        context.Results.Note(reader.Description);
        if (options.Components.Any(component => component != AttentionComponent.V))
        {
            context.Results.Note("tokens of q, k and their products depend on the basis of the factors, which the model leaves open; those of v do not with --projection wo");
        }

        if (options.Random != RandomInput.None)
        {
            context.Results.Note(RandomPrompts.Describe(context, options.Random, prompts));
        }

        string[] without = [.. Enum.GetValues<AttentionComponent>().Except(options.Components).Select(component => $"{component}")];
        var table = context.Results.Table<AttentionTokenRow>("attention-tokens", groupBy: 3, without);
        var (document, count) = (new List<HeadCells>(), 0);
        foreach (var cells in reader.Read(prompts, context.PromptsDone))
        {
            foreach (var row in cells.Rows(context.Model))
            {
                table.Add(row);
            }

            if (++count % reader.Heads == 0)
            {
                context.Results.PromptsDone(cells.Prompt + 1);
            }

            if (options.Layout == Layout.Document)
            {
                document.Add(cells);
            }
        }

        if (options.Layout == Layout.Document)
        {
            context.Results.File("attention-tokens-document.csv", stream => WriteDocument(stream, document.GroupBy(cells => (cells.Layer, cells.Head)).OrderBy(group => group.Key)));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AttentionTokensOptions options) => Costs.Sum(CostOf(context, options, options.Components), Costs.Rows<AttentionTokenRow>(Cells(context, options)));

    /// <summary>What reading costs, without the rows.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">How.</param>
    /// <param name="components">What.</param>
    internal static Cost CostOf(AnalysisContext context, AttentionReadingOptions options, IEnumerable<AttentionComponent> components)
    {
        var config = context.Model.Config;
        var (prompts, layers) = (Prompts(context, options), options.Layer.Of(config.NLayers, "layer"));
        double heads = layers.Count * (double)options.Head.Of(config.NHeads, "head").Count, width = config.DHead, positions = prompts.Sum(prompt => (double)prompt.Tokens.Length);
        var vectors = (components.Contains(AttentionComponent.Hadamard) ? Cells(context, options) / heads : 0) + (3 * positions);
        return Costs.Sum(
            Costs.Widened(context.Model),
            Costs.Sum(prompts.Select(prompt => LayerPasses.CostOf(config, prompt.Tokens.Length, layers))),
            Costs.Times(heads * Math.Min(prompts.Count, 1 + Math.Ceiling(vectors / (4.0 * config.DModel))), Costs.Sum(Costs.Product(width, config.DModel, config.DVocab), new Cost(20 * width * width * config.DModel, 0))),
            Costs.Times(heads, Costs.TopRows(vectors, width, config.DVocab, 1)));
    }

    /// <summary>Cells of all heads; the whole square, of which causal models have half.</summary>
    private static double Cells(AnalysisContext context, AttentionReadingOptions options) => options.Layer.Of(context.Model.Config.NLayers, "layer").Count * (double)options.Head.Of(context.Model.Config.NHeads, "head").Count
        * Prompts(context, options).Sum(prompt => (double)prompt.Tokens.Length * prompt.Tokens.Length);

    /// <summary>The prompts that are read: those given, or random ones.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Which.</param>
    internal static IReadOnlyList<Prompt> Prompts(AnalysisContext context, AttentionReadingOptions options) => options.Random == RandomInput.None
        ? context.Prompts.Count > 0 ? context.Prompts : throw new UsageException("This analysis needs text; give --prompt TEXT, --prompts FILE, --ids 1,2,3 or --random single|random|pattern.")
        : RandomPrompts.Of(context, options.Random, options.Count);

    /// <summary>The document's table: the whole square of each head and prompt, -1 in every column where there is nothing, ids as numbers.</summary>
    private static void WriteDocument(Stream stream, IEnumerable<IEnumerable<HeadCells>> heads)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("layer,head,Input token,attn,hp,q,k,v");
        foreach (var cells in heads.SelectMany(head => head))
        {
            for (var i = 0; i < cells.Tokens.Length; i++)
            {
                for (var j = 0; j < cells.Tokens.Length; j++)
                {
                    string Id(AttentionComponent component) => cells.Id(component, i, j)?.ToString(CultureInfo.InvariantCulture) ?? "-1";
                    writer.WriteLine(cells.Causal && j > i
                        ? "-1,-1,-1,-1,-1,-1,-1,-1"
                        : FormattableString.Invariant($"{cells.Layer},{cells.Head},{cells.Tokens[i]},{cells.Attn[(i * cells.Tokens.Length) + j]},{Id(AttentionComponent.Dot)},{Id(AttentionComponent.Q)},{Id(AttentionComponent.K)},{Id(AttentionComponent.V)}"));
                }
            }
        }
    }
}
