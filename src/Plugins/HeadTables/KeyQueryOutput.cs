namespace PluginLens.Plugins.HeadTables;

/// <summary>
/// What a head does with each token that it attends to, pivoted on that token, the key: which queries prefer it (<c>QK' = QK - QK[:,BOS]</c>, <c>QK = E W_Q W_Kᵀ Eᵀ</c>) and which outputs it then
/// promotes (<c>OV' = OV - its mean over outputs</c>, <c>OV = E W_V W_O W_U</c>). Keys are those of largest <c>max_q QK' · max_o OV' · p^0.1</c>, queries of a key are ordered by <c>QK' · p^0.1</c>,
/// outputs by <c>OV'</c>. The direct path alone: what earlier layers write is left out. "Attention Head Analysis" (attn-only models).
/// </summary>
[Analysis("key-query-output", "Keys of heads, their queries and outputs",
    Answers = "For each head the keys that matter most, the queries that prefer them and the outputs they promote.",
    Source = "Attention Head Analysis (key-query-output tables)")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation: that of a query at its key's own position")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet; the bilinear form holds only up to these scales")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores are before their soft-cap, which keeps their order")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "scores are before the soft-cap of the logits, which keeps their order")]
[Writes("keys", typeof(ImportantKey))]
[Writes("key-query-output", typeof(KeyRow))]
public sealed class KeyQueryOutput : Analysis<KeyQueryOutputOptions>
{
    /// <summary>Likely tokens count a little more: weight <c>p^0.1</c>.</summary>
    private const double Prior = 0.1;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, KeyQueryOutputOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var factors = new HeadFactors(context, options);
        var probabilities = options.Probabilities(context);
        double[] weights = Array.ConvertAll(probabilities.P, p => Math.Pow(p, Prior));
        context.Results.Note(NoteLine.Of(factors.Description, $"p of {probabilities.Description}"));
        var keys = context.Results.Table<ImportantKey>("keys", groupBy: 2);
        var table = context.Results.Table<KeyRow>("key-query-output", groupBy: 5);
        var (document, cells) = (new TableDocument(), new List<TokenCell[]>());
        foreach (var layer in layers)
        {
            if (config.NLayers > 1)
            {
                document.Layer(layer);
            }

            var row = new List<TokenCell>();
            foreach (var head in heads)
            {
                context.Progress.Report(new Progress((cells.Count * heads.Count) + row.Count, layers.Count * heads.Count, $"L{layer}H{head}"));
                var factor = factors.Of(layer, head);
                var found = KeySearch.Best(context, factor, weights, options.Keys);
                document.Head(layer, head, config.Name);
                foreach (var (at, key) in found.Index())
                {
                    var attended = Products(factor.Queries, factor.Keys.Row(key.Id));
                    var written = Products(factor.Outputs, factor.Values.Row(key.Id));
                    var queries = Best(attended, [.. attended.Select((score, id) => score * weights[id])], options.Queries);
                    var outputs = Best(written, written, options.Outputs);
                    var token = model.Token(key.Id);
                    keys.Add(new ImportantKey(layer, head, at + 1, token, key.Importance, key.Attended, key.Written, probabilities.P[key.Id]));
                    for (var rank = 0; rank < Math.Max(queries.Length, outputs.Length); rank++)
                    {
                        var (query, output) = (rank < queries.Length ? queries[rank] : default((Token Token, double Score)?), rank < outputs.Length ? outputs[rank] : default((Token Token, double Score)?));
                        table.Add(new KeyRow(layer, head, at + 1, token, rank + 1, query?.Token, query?.Score, output?.Token, output?.Score));
                    }

                    document.Key(token.Text, queries.Select(query => (query.Token.Text, query.Score)), outputs.Select(output => (output.Token.Text, output.Score)));
                    if (at == 0)
                    {
                        row.Add(new TokenCell(token.Text, key.Importance, $"{queries[0].Token.Text} → {token.Text} → {outputs[0].Token.Text}"));
                    }
                }
            }

            cells.Add([.. row]);
        }

        context.Results.Figure("keys", new TokenGrid("The key of largest importance in each head", "head", "layer", [.. heads.Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")], [.. cells]));
        if (options.Layout == Layout.Document)
        {
            DocumentText.Write(context, "key-query-output-document.txt", document.Text);
        }

        (Token Token, double Score)[] Best(double[] scores, double[] by, int count) => [.. BestIds.Of(by, count).Select(id => (model.Token(id), scores[id]))];
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, KeyQueryOutputOptions options)
    {
        var config = context.Model.Config;
        _ = options.BosOf(config);
        double heads = (double)options.Layer.Of(config.NLayers, "layer").Count * options.Head.Of(config.NHeads, "head").Count, tokens = config.DVocab;
        var keys = Math.Min(options.Keys, tokens);
        var lists = 4 * keys * tokens * config.DHead;
        return Costs.Sum(
            Costs.Widened(context.Model),
            Costs.Times(heads * 4, Costs.Product(tokens, config.DModel, config.DHead) with { Bytes = 8.0 * sizeof(float) * tokens * config.DHead }),
            Costs.Times(heads * 2, Costs.TopRows(tokens, config.DHead, tokens, 1) with { Prunes = true }),
            new Cost(heads * (lists + (tokens * 10 * config.DHead)), 12 * sizeof(double) * tokens),
            Costs.Rows<ImportantKey>(heads * keys),
            Costs.Rows<KeyRow>(heads * keys * Math.Min(tokens, Math.Max(options.Queries, options.Outputs))));
    }

    /// <summary>The product of every row with one vector, in float64, <c>[V]</c>.</summary>
    private static double[] Products(Matrix rows, ReadOnlySpan<float> vector)
    {
        var products = new double[rows.Rows];
        for (var row = 0; row < products.Length; row++)
        {
            var values = rows.Row(row);
            for (var at = 0; at < values.Length; at++)
            {
                products[row] += (double)values[at] * vector[at];
            }
        }

        return products;
    }
}

/// <summary>A key that matters in a head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">1 = most important.</param>
/// <param name="Key">The token attended to.</param>
/// <param name="Importance">max_qk · max_ov · p^0.1.</param>
/// <param name="MaxQk">Largest QK' of any query.</param>
/// <param name="MaxOv">Largest OV' of any output.</param>
/// <param name="P">Probability of the token.</param>
public sealed record ImportantKey(int Layer, int Head, int Rank, Token Key, double Importance, double MaxQk, double MaxOv, double P);

/// <summary>One rank of a key's queries and outputs.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="KeyRank">Rank of the key.</param>
/// <param name="Key">The token attended to.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Query">A token that prefers the key, by QK' · p^0.1; none beyond --queries.</param>
/// <param name="QueryScore">Its QK'.</param>
/// <param name="Output">A token that the key promotes; none beyond --outputs.</param>
/// <param name="OutputScore">Its OV'.</param>
public sealed record KeyRow(int Layer, int Head, int KeyRank, Token Key, int Rank, Token? Query, double? QueryScore, Token? Output, double? OutputScore);
