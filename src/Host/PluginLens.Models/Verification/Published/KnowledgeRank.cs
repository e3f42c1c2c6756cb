namespace PluginLens.Models.Verification.Published;

/// <summary>The rank of one FFN value vector for a few seed words: by its dot product with the mean of their centred embeddings.</summary>
internal sealed class KnowledgeRank(KnowledgeLookupData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var query = Query(model, compute);
        var wanted = Float64.Dot(Values(model, data.Layer).Row(data.Dim), query);
        var rank = 1;
        for (var layer = 0; layer < model.Config.NLayers; layer++)
        {
            var values = Values(model, layer);
            for (var neuron = 0; neuron < values.Rows; neuron++)
            {
                var score = Float64.Dot(values.Row(neuron), query);
                var isEarlier = layer < data.Layer || (layer == data.Layer && neuron < data.Dim);
                rank += score > wanted || (score == wanted && isEarlier) ? 1 : 0;
            }
        }

        yield return ModelCheck.Of($"knowledge of {string.Join(", ", data.Seeds)}", rank == data.Rank, $"L{data.Layer} N{data.Dim} has rank {rank}, published {data.Rank} (A26)");
    }

    private static Matrix Values(Model model, int layer) => model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix();

    /// <summary>Each word with a leading space where that is one token, else without, else the mean of its pieces.</summary>
    private float[] Query(Model model, Compute compute)
    {
        var mean = compute.MeanRow(model.WE);
        var query = new double[model.Config.DModel];
        foreach (var seed in data.Seeds)
        {
            var spaced = model.Tokenizer!.Encode($" {seed}");
            var bare = spaced.Length == 1 ? spaced : model.Tokenizer.Encode(seed);
            var ids = bare.Length == 1 ? bare : spaced;
            for (var at = 0; at < query.Length; at++)
            {
                query[at] += (ids.Average(id => (double)model.WE.Row(id)[at]) - mean[at]) / data.Seeds.Length;
            }
        }

        return Array.ConvertAll(query, value => (float)value);
    }
}

/// <summary>Published: the rank of a value vector, from 1.</summary>
internal sealed record KnowledgeLookupData(string[] Seeds, int Layer, int Dim, int Rank);
