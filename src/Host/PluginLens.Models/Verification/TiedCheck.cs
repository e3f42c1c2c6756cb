namespace PluginLens.Models.Verification;

/// <summary>Where the metadata say so, W_U is W_E transposed, or that times one constant (Gemma's embedding holds a factor that its unembedding does not).</summary>
internal static class TiedCheck
{
    /// <summary>Nothing where the model does not claim to be tied.</summary>
    /// <param name="model">The model.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model)
    {
        if (!model.Config.Tied || !model.HasWeight("unembed.W_U"))
        {
            yield break;
        }

        var (embed, unembed) = (model.WE, model.WU);
        var factor = Factor(model);
        double difference = 0, largest = 0;
        for (var row = 0; row < unembed.Rows; row++)
        {
            for (var token = 0; token < unembed.Columns; token++)
            {
                double value = embed.Data.Span[(token * embed.RowStride) + row];
                difference = Math.Max(difference, Math.Abs((unembed.Data.Span[(row * unembed.RowStride) + (token * unembed.ColumnStride)] * factor) - value));
                largest = Math.Max(largest, Math.Abs(value));
            }
        }

        var tolerance = factor == 1 ? 0 : Rounding.Of(model);
        yield return ModelCheck.Within("tied: W_U = W_E transposed", largest == 0 ? difference : difference / largest, tolerance, factor == 1 ? "bit for bit" : $"W_E = {factor:g6} W_U transposed");
    }

    private static double Factor(OnnxModel model) => model.Config.Architecture.StartsWith("gemma", StringComparison.Ordinal) ? Math.Sqrt(model.Config.DModel) : 1;
}
