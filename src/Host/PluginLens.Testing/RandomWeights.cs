namespace PluginLens.Testing;

/// <summary>Random weights under their canonical names and shapes.</summary>
internal static class RandomWeights
{
    /// <summary>All weights of a GPT-2-like model.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="seed">Seed.</param>
    public static IEnumerable<Tensor> Gpt2(ModelConfig config, int seed)
    {
        var random = new Random(seed);
        var (d, h, kv, dh, f, v) = (config.DModel, config.NHeads, config.KeyValueHeads, config.DHead, config.DMlp, config.DVocab);
        var embedding = Normal(random, "embed.W_E", v, d);
        yield return embedding;
        yield return Normal(random, "pos_embed.W_pos", config.NCtx, d);
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            var block = $"blocks.{layer}";
            yield return Ones($"{block}.ln1.w", d);
            yield return Normal(random, $"{block}.ln1.b", d);
            yield return Normal(random, $"{block}.attn.W_Q", h, d, dh);
            yield return Normal(random, $"{block}.attn.W_K", kv, d, dh);
            yield return Normal(random, $"{block}.attn.W_V", kv, d, dh);
            yield return Normal(random, $"{block}.attn.W_O", h, dh, d);
            yield return Normal(random, $"{block}.attn.b_Q", h, dh);
            yield return Normal(random, $"{block}.attn.b_K", kv, dh);
            yield return Normal(random, $"{block}.attn.b_V", kv, dh);
            yield return Normal(random, $"{block}.attn.b_O", d);
            if (f > 0)
            {
                yield return Ones($"{block}.ln2.w", d);
                yield return Normal(random, $"{block}.ln2.b", d);
                yield return Normal(random, $"{block}.mlp.W_in", d, f);
                yield return Normal(random, $"{block}.mlp.b_in", f);
                yield return Normal(random, $"{block}.mlp.W_out", f, d);
                yield return Normal(random, $"{block}.mlp.b_out", d);
            }
        }

        yield return Ones("ln_final.w", d);
        yield return Normal(random, "ln_final.b", d);
        yield return config.Tied ? Transposed("unembed.W_U", embedding) : Normal(random, "unembed.W_U", d, v);
        yield return Normal(random, "unembed.b_U", v);
    }

    /// <summary>Standard normal numbers by the Box-Muller transform, divided by ten so that products stay tame.</summary>
    private static Tensor Normal(Random random, string name, params int[] shape)
    {
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
