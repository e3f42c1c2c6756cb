namespace PluginLens.Testing;

/// <summary>Random weights under their canonical names and shapes.</summary>
internal static class RandomWeights
{
    /// <summary>What a block of GPT-2 has, in the order in which the numbers are drawn.</summary>
    private static readonly string[] Block =
    [
        "ln1.w", "ln1.b", "attn.W_Q", "attn.W_K", "attn.W_V", "attn.W_O", "attn.b_Q", "attn.b_K", "attn.b_V", "attn.b_O",
        "ln2.w", "ln2.b", "mlp.W_in", "mlp.b_in", "mlp.W_out", "mlp.b_out",
    ];

    /// <summary>All weights of a GPT-2-like model.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="seed">Seed.</param>
    public static IEnumerable<Tensor> Gpt2(ModelConfig config, int seed)
    {
        var random = new Random(seed);
        var embedding = Normal(random, config, "embed.W_E");
        yield return embedding;
        yield return Normal(random, config, "pos_embed.W_pos");
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            foreach (var name in Block.Where(name => config.DMlp > 0 || !name.StartsWith("ln2.", StringComparison.Ordinal) && !name.StartsWith("mlp.", StringComparison.Ordinal)))
            {
                yield return Weight(random, config, $"blocks.{layer}.{name}");
            }
        }

        yield return Weight(random, config, "ln_final.w");
        yield return Weight(random, config, "ln_final.b");
        yield return config.Tied ? Transposed("unembed.W_U", embedding) : Normal(random, config, "unembed.W_U");
        yield return Normal(random, config, "unembed.b_U");
    }

    private static Tensor Weight(Random random, ModelConfig config, string name) => name.EndsWith(".w", StringComparison.Ordinal) ? Ones(name, config.DModel) : Normal(random, config, name);

    /// <summary>Standard normal numbers by the Box-Muller transform, divided by ten so that products stay tame.</summary>
    private static Tensor Normal(Random random, ModelConfig config, string name)
    {
        var shape = KnownWeights.Of(name)!.Shape(config);
        var data = new float[shape.Aggregate(1, (product, extent) => product * extent)];
        for (var index = 0; index < data.Length; index++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            data[index] = (float)(0.1 * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return new Tensor(name, data, shape);
    }

    private static Tensor Ones(string name, int size)
    {
        var data = new float[size];
        Array.Fill(data, 1);
        return new Tensor(name, data, size);
    }

    private static Tensor Transposed(string name, Tensor matrix)
    {
        var (rows, columns) = (matrix.Shape[0], matrix.Shape[1]);
        var data = new float[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                data[(column * rows) + row] = matrix.Span[(row * columns) + column];
            }
        }

        return new Tensor(name, data, columns, rows);
    }
}
