namespace PluginLens.Import.Gguf.Mapping;

/// <summary>How the files of one architecture differ from the others. What is not said here is as in <c>llama</c>.</summary>
/// <param name="Key">Value of <c>general.architecture</c>, and prefix of its keys.</param>
/// <param name="Name">What the metadata of a model folder call it.</param>
internal sealed record Architecture(string Key, string Name)
{
    /// <summary>LayerNorm instead of RMSNorm.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Norms have biases.</summary>
    public bool NormBias { get; init; }

    public BlockNorms Norms { get; init; } = BlockNorms.Before;

    /// <summary>The attention may have a norm of its own beside the MLP's; then the MLP's has the usual name of the attention's.</summary>
    public bool TwoNorms { get; init; }

    /// <summary>A norm on the embedding.</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary><c>learned</c>, <c>rotary</c> or <c>alibi</c>.</summary>
    public string Positions { get; init; } = "rotary";

    /// <summary>Rows of q and k are stored so that rotary pairs are neighbours; the model's own order has them a half apart.</summary>
    public bool RotatedRows { get; init; }

    /// <summary>Rotary pairs are neighbours in the model itself.</summary>
    public bool AdjacentPairs { get; init; }

    /// <summary>Layers with a window turn by a rotary base of their own.</summary>
    public bool LocalRotary { get; init; }

    /// <summary>q, k and v are one matrix.</summary>
    public bool FusedQkv { get; init; }

    /// <summary>Gate and linear branch are one matrix.</summary>
    public bool FusedGate { get; init; }

    public bool GatedMlp { get; init; } = true;

    public string Activation { get; init; } = "silu";

    /// <summary>Attention and MLP stand side by side: always, or where <c>use_parallel_residual</c> says so (null).</summary>
    public bool? Parallel { get; init; } = false;

    /// <summary>Biases of q, k and v; of the attention's output; of the MLP.</summary>
    public (BiasRule Qkv, BiasRule Output, BiasRule Mlp) Biases { get; init; }

    /// <summary>Bias of the logits.</summary>
    public bool UnembeddingBias { get; init; }

    /// <summary>Norms of q and k: none, one for each head (false), or one over all heads (true).</summary>
    public bool? QkNormOverHeads { get; init; }

    /// <summary>The embedding is multiplied by the root of its width as the model runs.</summary>
    public bool RootEmbedding { get; init; }

    /// <summary>Whether several MLPs behind a router are known; the name of the architecture then.</summary>
    public string? WithExperts { get; init; }

    /// <summary>No logits: the file is of an encoder whose read-out was dropped.</summary>
    public bool Encoder { get; init; }

    /// <summary>Which layers have the window of <c>attention.sliding_window</c>: all but every n-th; 1 = all layers; 0 = none may.</summary>
    public int WindowPeriod { get; init; }

    /// <summary>The window where the file does not say one; 0 = none.</summary>
    public int UsualWindow { get; init; }

    /// <summary>Number of layers of the one size whose attention scale is the root of d_model / n_heads.</summary>
    public int LargeLayers { get; init; }

    /// <summary>Keys, without the prefix, that scale something and are known here; elsewhere they are refused.</summary>
    public string[] Scales { get; init; } = [];

    /// <summary>Logits are divided by their scale, not multiplied.</summary>
    public bool DividedLogits { get; init; }

    /// <summary>The model whose window files of this kind lose, or null.</summary>
    public string? LosesWindowOf { get; init; }

    /// <summary>What a file of this kind does not say, and what is taken for it.</summary>
    public string[] Assumed { get; init; } = [];
}
