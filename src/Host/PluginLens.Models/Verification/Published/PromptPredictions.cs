namespace PluginLens.Models.Verification.Published;

/// <summary>The most likely next token after each token of a prompt, and one neuron on its first token.</summary>
internal sealed class PromptPredictions(PromptPredictionsData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var hook = $"blocks.{data.NeuronLayer}.mlp.hook_post";
        var run = model.Run(new ModelInput(model.Tokenizer!.Encode(data.Prompt)), ["logits", hook]);
        var logits = run["logits"][0].AsMatrix();
        var found = Enumerable.Range(0, logits.Rows).Select(row => model.Token(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.Row(row))).Text).ToArray();
        yield return ModelCheck.Of("greedy predictions", found.SequenceEqual(data.Predictions), $"found [{string.Join('|', found)}], published [{string.Join('|', data.Predictions)}] (A18)");
        var activation = run[hook][0].AsMatrix().Row(0)[data.Neuron];
        yield return ModelCheck.Within($"L{data.NeuronLayer} N{data.Neuron} on the first token", Math.Abs(activation - data.Activation), 0.051, $"found {activation:0.00}, published {data.Activation} (A15)");
    }
}

/// <summary>Published: one decoded token after each token of the prompt; a neuron's activation.</summary>
internal sealed record PromptPredictionsData(string Prompt, string[] Predictions, int NeuronLayer, int Neuron, double Activation);
