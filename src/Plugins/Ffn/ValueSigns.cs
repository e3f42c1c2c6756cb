namespace PluginLens.Plugins.Ffn;

/// <summary>
/// Which side of a value the words of its neuron's gate turn on. A gated neuron adds <c>act(x w_gate) (x w_in + b_in) v</c>: read from the gate alone, the sign of v is
/// arbitrary. <c>s = sign(mean over the gate's best tokens of norm(e_t) w_in + b_in)</c>, and the neuron promotes the words of s v.
/// </summary>
internal static class ValueSigns
{
    /// <summary>Tokens of the gate's list that decide.</summary>
    public const int Tokens = 10;

    /// <summary>1 or -1 for each neuron; 1 where the mean is 0.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Which tokens take part in the gate's list, compared how.</param>
    /// <param name="sides">The vocabulary on each side.</param>
    /// <param name="read">What the gate is compared with.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="neurons">Neurons.</param>
    public static int[] Of(AnalysisContext context, VectorOptions options, VocabularySides sides, NormedVocabulary read, int layer, IReadOnlyList<int> neurons)
    {
        var (model, parameters) = (context.Model, new ParameterVectors(context.Model));
        var lists = new SimilarWords(context, options, Tokens, flagLists: false).Of(read, ParameterVectors.Gather(parameters.Rows(ParameterGroup.K, layer), neurons), Similarity.Dot);
        var linear = ParameterVectors.Gather(parameters.Rows(ParameterGroup.KIn, layer), neurons);
        var tokens = sides.Compared(writes: false).Under(ModelNorm.BeforeMlp(model, layer));
        var bias = model.HasWeight($"blocks.{layer}.mlp.b_in") ? model.Weight($"blocks.{layer}.mlp.b_in").Data : default;
        var (signs, token) = (new int[neurons.Count], new float[linear.Columns]);
        for (var at = 0; at < signs.Length; at++)
        {
            var sum = bias.IsEmpty ? 0.0 : (double)lists[at].Ids.Length * bias.Span[neurons[at]];
            foreach (var id in lists[at].Ids)
            {
                tokens.CopyRow(id, token);
                for (var column = 0; column < token.Length; column++)
                {
                    sum += (double)token[column] * linear.Row(at)[column];
                }
            }

            signs[at] = sum < 0 ? -1 : 1;
        }

        return signs;
    }

    /// <summary>Each vector times its sign.</summary>
    /// <param name="vectors">Values, <c>n x d_model</c>.</param>
    /// <param name="signs">1 or -1, <c>[n]</c>.</param>
    public static Matrix Times(Matrix vectors, int[] signs)
    {
        var data = vectors.Data.ToArray();
        for (var at = 0; at < data.Length; at++)
        {
            data[at] *= signs[at / vectors.Columns];
        }

        return new Matrix(data, vectors.Rows, vectors.Columns);
    }
}
