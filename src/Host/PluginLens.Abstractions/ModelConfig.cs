namespace PluginLens;

/// <summary>What a model is, as its metadata say; nothing is guessed from shapes. Names are those of docs/terms.md.</summary>
public sealed record ModelConfig
{
    /// <summary>Name of the model folder.</summary>
    public string Name { get; init; } = "model";

    /// <summary>Family: <c>gpt2</c>, <c>bert</c>, <c>llama</c>, …</summary>
    public string Architecture { get; init; } = "gpt2";

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Query heads per layer.</summary>
    public required int NHeads { get; init; }

    /// <summary>Blocks.</summary>
    public required int NLayers { get; init; }

    /// <summary>Width of one head.</summary>
    public required int DHead { get; init; }

    /// <summary>Rows of W_E; may be more than the tokenizer's ids (padding).</summary>
    public required int DVocab { get; init; }

    /// <summary>Longest sequence.</summary>
    public int NCtx { get; init; } = 1024;

    /// <summary>Key-value heads; null = as many as query heads.</summary>
    public int? NKeyValueHeads { get; init; }

    /// <summary>Neurons per MLP; 0 for attention-only models.</summary>
    public int DMlp { get; init; }

    /// <summary><c>causal</c> or <c>bidirectional</c>.</summary>
    public string AttentionDir { get; init; } = "causal";

    /// <summary><c>LN</c>, <c>RMS</c>, or <c>LNPre</c> / <c>RMSPre</c> after folding.</summary>
    public string Norm { get; init; } = "LN";

    /// <summary><c>pre</c>, <c>post</c>, <c>pre_and_post</c>.</summary>
    public string NormPlacement { get; init; } = "pre";

    /// <summary><c>learned</c>, <c>shortformer</c>, <c>rotary</c>, <c>alibi</c>, <c>none</c>.</summary>
    public string Positions { get; init; } = "learned";

    /// <summary>Whether a norm stands before the unembedding.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Epsilon of the norms.</summary>
    public double Eps { get; init; } = 1e-5;

    /// <summary>Attention scores are q·k divided by this.</summary>
    public double AttnScale { get; init; } = 1;

    /// <summary>Activation function of the MLP: <c>gelu_new</c>, <c>gelu</c>, <c>relu</c>, <c>silu</c>, <c>gelu_tanh</c>.</summary>
    public string? ActFn { get; init; }

    /// <summary>Whether the MLP is gated.</summary>
    public bool GatedMlp { get; init; }

    /// <summary>Whether there are no MLPs.</summary>
    public bool AttnOnly { get; init; }

    /// <summary>Whether attention and MLP read the same stream.</summary>
    public bool ParallelAttnMlp { get; init; }

    /// <summary>Whether W_U is W_E transposed.</summary>
    public bool Tied { get; init; }

    /// <summary>Rotated dimensions per head; 0 without rotary positions.</summary>
    public int RotaryDim { get; init; }

    /// <summary>Angles per position of the rotary pairs, <c>[rotary_dim / 2]</c>.</summary>
    public IReadOnlyList<double> InvFreq { get; init; } = [];

    /// <summary>Factor on cos and sin of the rotation (longrope).</summary>
    public double RopeAttentionFactor { get; init; } = 1;

    /// <summary>Whether rotary pairs are adjacent dimensions (GPT-J) instead of halves.</summary>
    public bool RotaryAdjacentPairs { get; init; }

    /// <summary>Attention window of each layer; null = none. Empty where no layer has one.</summary>
    public IReadOnlyList<int?> WindowSize { get; init; } = [];

    /// <summary>Soft-cap of attention scores, or null.</summary>
    public double? AttnScoresSoftCap { get; init; }

    /// <summary>Soft-cap of logits, or null.</summary>
    public double? OutputLogitsSoftCap { get; init; }

    /// <summary>Begin-of-sequence id, or null.</summary>
    public int? BosId { get; init; }

    /// <summary>Weight-processing steps applied, in order; empty = raw, as published.</summary>
    public IReadOnlyList<string> Processing { get; init; } = [];

    /// <summary>What makes some analyses approximate or undefined.</summary>
    public IReadOnlySet<Trait> Traits { get; init; } = new HashSet<Trait>();

    /// <summary>Every key of the metadata as written, for provenance.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Key-value heads.</summary>
    public int KeyValueHeads => NKeyValueHeads ?? NHeads;

    /// <summary>Weight processing in one word: <c>raw</c>, or the steps joined by <c>+</c>.</summary>
    public string ProcessingName => Processing.Count == 0 ? "raw" : string.Join('+', Processing);

    /// <summary>The key-value head that a query head reads.</summary>
    /// <param name="head">Query head.</param>
    public int KeyValueHeadOf(int head) => head / (NHeads / KeyValueHeads);
}
