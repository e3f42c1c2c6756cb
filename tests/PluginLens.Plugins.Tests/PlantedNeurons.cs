using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>A small model whose neuron 4 of layer 1 responds to token 30 and writes token 11, with activations as they are given.</summary>
internal static class PlantedNeurons
{
    private const int D = VectorModels.D, F = 10;

    /// <summary>Its weights.</summary>
    public static FakeModel Make()
    {
        // What the MLP of layer 1 would read of token 30: its row minus the mean, divided by its deviation, plus the norm's bias.
        var model = VectorModels.Make();
        var row = model.WE.Row(30).ToArray();
        var (mean, bias) = (row.Average(), model.Weight("blocks.1.ln2.b").Data.ToArray());
        var scale = Math.Sqrt(row.Average(value => Math.Pow(value - mean, 2)) + model.Config.Eps);
        float[] read = [.. row.Select((value, at) => (float)((value - mean) / scale) + bias[at])], written = [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[11])];
        return model
            .WithWeight("blocks.1.mlp.W_in", data => { for (var at = 0; at < D; at++) { data[(at * F) + 4] = read[at]; } })
            .WithWeight("blocks.1.mlp.W_out", data => written.CopyTo(data, 4 * D))
            .WithWeight("unembed.W_U", data => { for (var at = 0; at < D; at++) { data[(at * VectorModels.V) + 11] *= 20; } });
    }

    /// <summary>The model with activations of its two layers; neurons that are not named are 0.01 everywhere.</summary>
    /// <param name="of">Layer, neuron and the activations at each position of a text.</param>
    public static FakeModel Active(params (int Layer, int Neuron, Func<int[], float[]> Values)[] of)
    {
        var model = Make();
        for (var layer = 0; layer < 2; layer++)
        {
            var mine = of.Where(entry => entry.Layer == layer).ToList();
            model = model.WithHook($"blocks.{layer}.mlp.hook_post", ["batch", "pos", $"{F}"], input =>
            {
                var (rows, length) = (input.Tokens.Count, input.Tokens[0].Length);
                var data = new float[rows * length * F];
                Array.Fill(data, 0.01f);
                for (var row = 0; row < rows; row++)
                {
                    foreach (var (_, neuron, values) in mine)
                    {
                        foreach (var (position, value) in values(input.Tokens[row]).Index())
                        {
                            data[(((row * length) + position) * F) + neuron] = value;
                        }
                    }
                }

                return new Tensor("post", data, rows, length, F);
            });
        }

        return model;
    }
}
