using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// A model of two layers whose stream is a sum of constant terms, changed activations included: head 2 of layer 1 writes token 12, neuron 7 of layer 0 takes half of it back, all others are silent.
/// What enters layer 0 is the token's row of W_E.
/// </summary>
internal static class PlantedStream
{
    private const int D = VectorModels.D, Heads = 4, Width = 3, Neurons = 10;

    /// <summary>The model.</summary>
    public static FakeModel Model { get; } = Make();

    /// <summary>What the head adds to the logit of token 12.</summary>
    public static double Squared { get; } = Enumerable.Range(0, D).Sum(at => Math.Pow(Model.WU.Row(at)[12], 2));

    private static FakeModel Make()
    {
        var model = VectorModels.Make().WithConfig(config => config with { FinalNorm = false });
        float[] wanted = [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[12])];
        model = model
            .WithWeight("embed.W_E", data => { for (var at = 0; at < data.Length; at++) { data[at] *= 0.01f; } })
            .WithWeight("unembed.b_U", data => Array.Clear(data))
            .WithWeight("blocks.1.attn.W_O", data => wanted.CopyTo(data, ((2 * Width) + 1) * D))
            .WithWeight("blocks.0.mlp.W_out", data => wanted.CopyTo(data, 7 * D));
        var weights = model;
        for (var layer = 0; layer < 2; layer++)
        {
            var number = layer;
            model = model
                .WithHook($"blocks.{layer}.hook_resid_pre", ["batch", "pos", "8"], input => Tensor(input, D, (row, position) => Stream(weights, input, row, position, number)))
                .WithHook($"blocks.{layer}.attn.hook_z", ["batch", "pos", "4", "3"], input => Shaped(Tensor(input, Heads * Width, (row, position) => Z(input, row, position, number)), Heads, Width))
                .WithHook($"blocks.{layer}.mlp.hook_post", ["batch", "pos", "10"], input => Tensor(input, Neurons, (row, position) => Post(input, row, position, number)))
                .WithHook($"blocks.{layer}.hook_attn_out", ["batch", "pos", "8"], input => Tensor(input, D, (row, position) => Attention(weights, input, row, position, number)))
                .WithHook($"blocks.{layer}.hook_mlp_out", ["batch", "pos", "8"], input => Tensor(input, D, (row, position) => Mlp(weights, input, row, position, number)));
        }

        return model
            .WithHook("ln_final.hook_scale", ["batch", "pos", "1"], input => Tensor(input, 1, (_, _) => [1]))
            .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], input => Tensor(input, D, (row, position) => Stream(weights, input, row, position, 2)))
            .WithHook("logits", ["batch", "pos", "47"], input =>
            {
                var states = input.Replace["blocks.1.hook_resid_post"];
                var logits = new float[states.Shape[0] * VectorModels.V];
                for (var at = 0; at < logits.Length; at++)
                {
                    logits[at] = (float)Enumerable.Range(0, D).Sum(of => (double)states.Span[(at / VectorModels.V * D) + of] * weights.WU.Row(of)[at % VectorModels.V]);
                }

                return new Tensor("logits", logits, states.Shape[0], 1, VectorModels.V);
            });
    }

    private static float[] Stream(Model model, ModelInput input, int row, int position, int layer)
    {
        var state = Enumerable.Range(0, layer).LastOrDefault(before => input.Replace.ContainsKey($"blocks.{before}.hook_resid_pre"), -1) is >= 0 and var start
            ? Row(input.Replace[$"blocks.{start}.hook_resid_pre"], row, position)
            : model.WE.Row(input.Tokens[row][position]).ToArray();
        for (var at = Math.Max(0, Enumerable.Range(0, layer).LastOrDefault(before => input.Replace.ContainsKey($"blocks.{before}.hook_resid_pre"), 0)); at < layer; at++)
        {
            state = Fed(input, $"blocks.{at}.hook_resid_pre", row, position, state);
            state = [.. state.Zip(Attention(model, input, row, position, at), Mlp(model, input, row, position, at)).Select(sum => sum.First + sum.Second + sum.Third)];
        }

        return state;
    }

    private static float[] Attention(Model model, ModelInput input, int row, int position, int layer)
    {
        var z = Z(input, row, position, layer);
        return Fed(input, $"blocks.{layer}.hook_attn_out", row, position, z[(2 * Width) + 1] == 0 ? new float[D] : model.WO(layer, 2).Row(1).ToArray());
    }

    private static float[] Mlp(Model model, ModelInput input, int row, int position, int layer)
    {
        var activity = Post(input, row, position, layer)[7];
        return Fed(input, $"blocks.{layer}.hook_mlp_out", row, position, [.. model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix().Row(7).ToArray().Select(value => activity * value)]);
    }

    private static float[] Z(ModelInput input, int row, int position, int layer)
    {
        var z = new float[Heads * Width];
        z[(2 * Width) + 1] = layer;
        return Fed(input, $"blocks.{layer}.attn.hook_z", row, position, z);
    }

    private static float[] Post(ModelInput input, int row, int position, int layer)
    {
        var post = new float[Neurons];
        post[7] = layer == 0 ? -0.5f : 0;
        return Fed(input, $"blocks.{layer}.mlp.hook_post", row, position, post);
    }

    private static float[] Fed(ModelInput input, string hook, int row, int position, float[] computed) => input.Overlay.TryGetValue(hook, out var overlay)
        ? [.. computed.Zip(Row(overlay, row, position)).Select(pair => float.IsNaN(pair.Second) ? pair.First : pair.Second)]
        : computed;

    private static float[] Row(Tensor tensor, int row, int position)
    {
        var length = tensor.Shape[1];
        var width = tensor.Data.Length / tensor.Shape[0] / length;
        return tensor.Span.Slice(((row * length) + position) * width, width).ToArray();
    }

    private static Tensor Tensor(ModelInput input, int width, Func<int, int, float[]> of)
    {
        var (rows, length) = (input.Tokens.Count, input.Tokens[0].Length);
        float[] data = [.. Enumerable.Range(0, rows * length).SelectMany(at => of(at / length, at % length))];
        return new Tensor("planted", data, rows, length, width);
    }

    private static Tensor Shaped(Tensor tensor, int outer, int inner) => new(tensor.Name, tensor.Data, tensor.Shape[0], tensor.Shape[1], outer, inner);
}
