namespace PluginLens.Models.Verification.Published;

/// <summary>How alike the words of corresponding parameters are: the mean Jaccard index of their top sets by absolute product, layer by layer.</summary>
internal sealed class SetSimilarity(SetSimilarityData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var config = model.Config;
        Func<int, Matrix> queries = layer => Heads(config, head => model.WQ(layer, head).Transpose());
        Func<int, Matrix> keys = layer => Heads(config, head => model.WK(layer, head).Transpose());
        Func<int, Matrix> values = layer => Heads(config, head => model.WV(layer, head).Transpose());
        Func<int, Matrix> outputs = layer => Heads(config, head => model.WO(layer, head));
        yield return Compare("FFN keys and values", data.KeysValues, layer => Rows.Contiguous(model.Weight($"blocks.{layer}.mlp.W_in").AsMatrix().Transpose()), layer => model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix());
        yield return Compare("W_V and W_O", data.ValueOutput, values, outputs);
        yield return Compare("W_Q and W_K", data.QueryKey, queries, keys);

        ModelCheck Compare(string name, double[] published, Func<int, Matrix> first, Func<int, Matrix> second)
        {
            var worst = Enumerable.Range(0, config.NLayers).Max(layer => Math.Abs(Mean(model, compute, first(layer), second(layer)) - published[layer]));
            return ModelCheck.Within($"sim-{data.K} of {name}", worst, 5e-4, $"{config.NLayers} layers, read off a figure to 3e-4 (A29)");
        }
    }

    private double Mean(Model model, Compute compute, Matrix first, Matrix second)
    {
        var query = new RowQuery { K = data.K, Order = RowOrder.LargestAbsolute };
        var (x, y) = (compute.TopRows(first, model.WE, query), compute.TopRows(second, model.WE, query));
        var sum = 0.0;
        for (var row = 0; row < x.Rows; row++)
        {
            var shared = x.IdsOf(row).ToArray().Intersect(y.IdsOf(row).ToArray()).Count();
            sum += (double)shared / (x.K + y.K - shared);
        }

        return sum / x.Rows;
    }

    /// <summary>One vector a row, head after head.</summary>
    private static Matrix Heads(ModelConfig config, Func<int, Matrix> head)
    {
        var rows = new float[config.NHeads * config.DHead * config.DModel];
        for (var at = 0; at < config.NHeads; at++)
        {
            Rows.Contiguous(head(at)).Data.Span.CopyTo(rows.AsSpan(at * config.DHead * config.DModel));
        }

        return new Matrix(rows, config.NHeads * config.DHead, config.DModel);
    }
}

/// <summary>Published: one mean for each layer.</summary>
internal sealed record SetSimilarityData(int K, double[] KeysValues, double[] ValueOutput, double[] QueryKey);
