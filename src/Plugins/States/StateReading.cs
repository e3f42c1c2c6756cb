namespace PluginLens.Plugins.States;

/// <summary>
/// How hidden states are read in vocabulary space: the final norm, W_U and b_U. Post-norm models have no final norm: the block's output as it is, without b_U, or, where
/// asked, through the masked-LM head, behind which b_U belongs.
/// </summary>
internal sealed class StateReading
{
    private readonly Model _model;

    /// <summary>Checks that there is a head where one is asked for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="embedding">Which matrix stands on which side.</param>
    /// <param name="head">Whether states go through the masked-LM head.</param>
    public StateReading(Model model, EmbeddingChoice embedding, bool head)
    {
        if (head && !model.HasWeight("mlm_head.W"))
        {
            throw new UsageException($"--head: model '{model.Config.Name}' has no masked-LM head; leave the option out.");
        }

        var isPost = model.Config.Traits.Contains(Trait.PostNorm);
        (_model, Sides, Head) = (model, new VocabularySides(model, embedding), head);
        Output = isPost ? "hook_normalized_resid_post" : "hook_resid_post";
        Norm = ModelNorm.Final(model);
        Bias = model.HasWeight("unembed.b_U") && (head || !isPost) && Sides.Name(writes: true) == "W_U" ? model.Weight("unembed.b_U").Span.ToArray() : null;
    }

    /// <summary>The vocabulary; states stand on the writing side.</summary>
    public VocabularySides Sides { get; }

    /// <summary>Whether states go through the masked-LM head.</summary>
    public bool Head { get; }

    /// <summary>The hook of a block's output, without the block.</summary>
    public string Output { get; }

    /// <summary>The norm before the unembedding, or null.</summary>
    public ModelNorm? Norm { get; }

    /// <summary>b_U where states are read with it (folded weights need it), <c>[V]</c>; else null.</summary>
    public float[]? Bias { get; }

    /// <summary>States of a sequence before the norm, <c>pos x d_model</c>: as they are, or as the masked-LM head transforms them, standing in for the last block's output.</summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="states">Its states, <c>1 x pos x d_model</c>.</param>
    public Matrix Rows(int[] tokens, Tensor states)
    {
        if (!Head)
        {
            return states[0].AsMatrix();
        }

        const string normalized = "mlm_head.ln.hook_normalized";
        var replace = new Dictionary<string, Tensor> { [$"blocks.{_model.Config.NLayers - 1}.{Output}"] = states };
        var rows = _model.Run(new ModelInput(tokens) { Replace = replace }, [normalized])[normalized][0].AsMatrix();
        var gain = _model.Weight("mlm_head.ln.w").Span;
        var bias = _model.Weight("mlm_head.ln.b").Span;
        var transformed = new float[rows.Rows * rows.Columns];
        for (var at = 0; at < transformed.Length; at++)
        {
            transformed[at] = (rows.Row(at / rows.Columns)[at % rows.Columns] * gain[at % rows.Columns]) + bias[at % rows.Columns];
        }

        return new Matrix(transformed, rows.Rows, rows.Columns);
    }
}
