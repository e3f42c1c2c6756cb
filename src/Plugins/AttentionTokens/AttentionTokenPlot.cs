namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// The tokens of one prompt as a grid of queries and keys a head: each different token gets the number of its first discovery, row by row, and cells that attention reaches a border as wide as the weight. "Attention tokens"
/// (plot_attn), with the left labels that it meant: the input, not the layer's number.
/// </summary>
[Analysis("attention-token-plot", "The tokens of a prompt's pairs as a grid",
    Answers = "For each head and each pair of positions of one prompt the token that it reads as, numbered by first discovery, with the attention as borders.",
    Source = "Attention tokens (plot_attn)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("attention-token-plot", typeof(PlottedCell))]
public sealed class AttentionTokenPlot : Analysis<AttentionTokenPlotOptions>
{
    private const int Across = 4;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AttentionTokenPlotOptions options)
    {
        var table = context.Results.Table<PlottedCell>("attention-token-plot", groupBy: 2);
        var (drawn, layers) = (0, new SortedDictionary<int, List<double?[][]>>());
        foreach (var head in AttentionDataset.Read(context, options).Where(cell => cell.Prompt == options.PromptIndex).GroupBy(cell => (cell.Layer, cell.Head)))
        {
            var cells = head.ToList();
            var length = cells.Max(cell => cell.I) + 1;
            var grid = new AttentionDataset.Cell?[length, length];
            cells.ForEach(cell => grid[cell.I, cell.J] = cell);
            var numbers = Numbered(grid, length);
            foreach (var cell in cells)
            {
                table.Add(new PlottedCell(
                    cell.Layer, cell.Head, cell.I, cell.J, context.Model.Token(cell.Input), context.Model.Token(cell.Token), numbers[cell.I, cell.J], cell.Attn,
                    cell.J <= cell.I && cell.Attn > options.Threshold ? Math.Min(3, 2 + (5 * cell.Attn)) : 0, Math.Min(1, cell.Attn)));
            }

            if (!layers.TryGetValue(head.Key.Layer, out var together))
            {
                layers[head.Key.Layer] = together = [];
            }

            together.Add([.. Enumerable.Range(0, length).Select(i => Enumerable.Range(0, length).Select(j => (double?)numbers[i, j]).ToArray())]);
            if (++drawn <= options.Draw)
            {
                string[] labels = [.. Enumerable.Range(0, length).Select(i => $"{Shown(context.Model.Token(cells.First(cell => cell.I == i).Input).Text)} ({i})")];
                context.Results.Figure($"tokens-l{head.Key.Layer}h{head.Key.Head}", new TokenGrid(
                    $"Tokens of {options.Component.ToString().ToLowerInvariant()} in L{head.Key.Layer}H{head.Key.Head}", "key", "query", labels, labels,
                    [.. Enumerable.Range(0, length).Select(i => Enumerable.Range(0, length).Select(j => grid[i, j] is { } cell
                        ? new TokenCell(context.Model.Token(cell.Token).Text, numbers[i, j], FormattableString.Invariant($"attention {cell.Attn:0.0000}"))
                        : new TokenCell(string.Empty, null)).ToArray())]));
            }
        }

        if (layers.Count == 0)
        {
            throw new UsageException($"--prompt-index {options.PromptIndex}: there is no such prompt.");
        }

        foreach (var (layer, heads) in layers)
        {
            DrawLayer(context, options, layer, heads);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AttentionTokenPlotOptions options)
    {
        double heads = (double)options.Layer.Of(context.Model.Config.NLayers, "layer").Count * options.Head.Of(context.Model.Config.NHeads, "head").Count;
        var length = options.From.Length > 0 ? 32.0 : TokensOfAttention.Prompts(context, options).ElementAtOrDefault(options.PromptIndex)?.Tokens.Length ?? 0;
        return Costs.Sum(AttentionDataset.CostOf(context, options), new Cost(0, 16 * heads * length * length), Costs.Rows<PlottedCell>(heads * length * length));
    }

    /// <summary>A token as the document labels it.</summary>
    private static string Shown(string text) => text switch { "\n" => "<nl>", " " => "<sp>", "\t" => "<tab>", "<|endoftext|>" => "EOS", _ => text };

    /// <summary>The number of each cell's token by first discovery, rows then columns. The masked cell takes a number where it is met first, and masked cells get minus one minus the number of different tokens in all rows but the last.</summary>
    private static int[,] Numbered(AttentionDataset.Cell?[,] grid, int length)
    {
        var (numbers, known) = (new int[length, length], new Dictionary<int, int>());
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < length; j++)
            {
                var token = grid[i, j]?.Token ?? -1;
                if (!known.TryGetValue(token, out var number))
                {
                    known[token] = number = known.Count;
                }

                numbers[i, j] = number;
            }
        }

        var different = Enumerable.Range(0, Math.Max(0, length - 1)).SelectMany(i => Enumerable.Range(0, length).Select(j => grid[i, j]?.Token ?? -1)).Where(token => token >= 0).Distinct().Count();
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < length; j++)
            {
                numbers[i, j] = grid[i, j] is null ? length == 2 ? -1 : -(different + 1) : numbers[i, j];
            }
        }

        return numbers;
    }

    /// <summary>All heads of a layer, four across, as one picture without labels.</summary>
    private static void DrawLayer(AnalysisContext context, AttentionTokenPlotOptions options, int layer, List<double?[][]> heads)
    {
        var length = heads[0].Length;
        var (across, down, step) = (Math.Min(Across, heads.Count), (heads.Count + Across - 1) / Across, length + 1);
        var values = Enumerable.Range(0, (down * step) - 1).Select(_ => new double?[(across * step) - 1]).ToArray();
        foreach (var (at, head) in heads.Index())
        {
            for (var i = 0; i < length; i++)
            {
                for (var j = 0; j < length; j++)
                {
                    values[((at / Across) * step) + i][((at % Across) * step) + j] = head[i][j] < 0 ? null : head[i][j];
                }
            }
        }

        context.Results.Figure($"layer-{layer}", new Heatmap(
            $"Tokens of {options.Component.ToString().ToLowerInvariant()} in the heads of layer {layer}", "heads, four across; keys", "queries", [.. values[0].Select(_ => string.Empty)], [.. values.Select(_ => string.Empty)], values));
    }
}

/// <summary>A cell of a head's grid.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="I">Query.</param>
/// <param name="J">Key.</param>
/// <param name="Input">The token at the query.</param>
/// <param name="Token">What the component reads as.</param>
/// <param name="Number">Order of the token's first discovery in the grid; the masked cell takes a number too.</param>
/// <param name="Attn">Attention weight.</param>
/// <param name="Border">Width of the border, <c>min(3, 2 + 5 a)</c>; 0 where there is none.</param>
/// <param name="Alpha">Its opacity, <c>min(1, a)</c>.</param>
public sealed record PlottedCell(int Layer, int Head, int I, int J, Token Input, Token Token, int Number, double Attn, double Border, double Alpha);

/// <summary>Options of <c>attention-token-plot</c>.</summary>
public sealed record AttentionTokenPlotOptions : DatasetOptions
{
    /// <summary>Which prompt.</summary>
    [AtLeast(0)]
    [Help("Which prompt, from 0.")]
    public int PromptIndex { get; init; }

    /// <summary>Least attention with a border.</summary>
    [Help("Cells of more attention than this have a border.")]
    public double Threshold { get; init; }

    /// <summary>Grids drawn.</summary>
    [AtLeast(0)]
    [Help("Heads drawn one by one; all heads of a layer are in one picture besides.")]
    public int Draw { get; init; } = 16;
}
