namespace PluginLens.Toolkit.Tests;

/// <summary>Random models on which every part of a formula shows: gains are not 1, biases not 0.</summary>
internal static class Models
{
    public static ModelConfig Sizes { get; } = new() { DModel = 12, NHeads = 4, NLayers = 2, DHead = 3, DMlp = 10, DVocab = 80, NCtx = 8 };

    /// <summary><c>LN</c> raw, <c>RMS</c> (no norm has a bias), <c>LNPre</c> (norms folded away).</summary>
    public static FakeModel Make(string norm = "LN", Func<ModelConfig, ModelConfig>? change = null)
    {
        var model = FakeModel.Gpt2Like((change?.Invoke(Sizes) ?? Sizes) with { Norm = norm }, seed: 5);
        var random = new Random(9);
        foreach (var name in model.WeightNames.Where(name => name.Contains("ln", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList())
        {
            var isBias = name.EndsWith(".b", StringComparison.Ordinal);
            model = norm == "LNPre" || (norm == "RMS" && isBias)
                ? model.WithoutWeight(name)
                : model.WithWeight(name, data => Change(data, () => (isBias ? 0 : 0.5) + random.NextDouble()));
        }

        return model;
    }

    public static Matrix Vectors(int rows, int columns, int seed = 3)
    {
        var random = new Random(seed);
        var data = new float[rows * columns];
        Change(data, () => random.NextDouble() - 0.5);
        return new Matrix(data, rows, columns);
    }

    private static void Change(float[] data, Func<double> value)
    {
        for (var at = 0; at < data.Length; at++)
        {
            data[at] = (float)value();
        }
    }
}
