namespace PluginLens;

/// <summary>A language model: configuration, weights by name, forward passes by hook name, tokenizer.</summary>
/// <threadsafety>Members may be called from several threads at once.</threadsafety>
public abstract class Model : IDisposable
{
    /// <summary>What the metadata say.</summary>
    public abstract ModelConfig Config { get; }

    /// <summary>Sha-256 that identifies graph, weights and metadata, lower-case hex; null for models made in memory.</summary>
    public virtual string? Sha256 => null;

    /// <summary>Sha-256 of the file that the weights lie in, lower-case hex; null for models made in memory and weights that lie within the graph's file.</summary>
    public virtual string? WeightsSha256 => null;

    /// <summary>How the weights compare with the hash that the metadata record; null for models made in memory.</summary>
    public virtual WeightsState? WeightsState => null;

    /// <summary>The tokenizer; null where the folder has none (ids still work).</summary>
    public abstract ModelTokenizer? Tokenizer { get; }

    /// <summary>Every weight, e.g. <c>blocks.0.attn.W_Q</c>.</summary>
    public abstract IReadOnlyCollection<string> WeightNames { get; }

    /// <summary>Every activation that <see cref="Run"/> can return, with its dimensions, e.g. <c>batch, pos, 128</c>.</summary>
    public abstract IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks { get; }

    /// <summary>Whether the model has a weight.</summary>
    /// <param name="name">E.g. <c>blocks.0.attn.b_Q</c>.</param>
    public abstract bool HasWeight(string name);

    /// <summary>
    /// A weight: a view of the mapped file, or a widened copy where the file holds half precision. NaN or infinity is refused.
    /// Valid until the model is disposed.
    /// </summary>
    /// <param name="name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
    public abstract Tensor Weight(string name);

    /// <summary>One forward pass that computes what the hooks need and no more.</summary>
    /// <param name="input">Tokens, and activations to feed in place of computed ones, whole or in part.</param>
    /// <param name="hooks">Hook names; <c>logits</c> is one of them.</param>
    public abstract Activations Run(ModelInput input, IReadOnlyCollection<string> hooks);

    /// <summary>
    /// This model with other weights in place of some of its own: edit a matrix, ablate a head. A view: <see cref="Weight"/> and <see cref="Run"/> use the
    /// replacements, everything else is this model's, which must outlive it. The numbers are copied; dispose the view when it has served.
    /// </summary>
    /// <param name="replacements">Weight name to float32 values of that weight's shape; an unknown name, another shape, NaN or infinity is refused.</param>
    public virtual Model WithWeights(IReadOnlyDictionary<string, Tensor> replacements) =>
        throw new ModelException($"Model '{Config.Name}' cannot run with other weights; open it from a model folder.");

    /// <summary>
    /// Writes a model folder that computes what this model's last blocks make of another model's mapped states. The folder appears whole or not at all.
    /// </summary>
    /// <param name="folder">A folder that does not exist.</param>
    /// <param name="seam">Where the donor ends, what maps its states, and where this model goes on.</param>
    public virtual void WriteStitched(string folder, Seam seam) =>
        throw new ModelException($"Model '{Config.Name}' cannot be written as a folder; open it from a model folder.");

    /// <summary>Text of a token; ids in brackets where there is no tokenizer.</summary>
    /// <param name="id">Token id.</param>
    public Token Token(int id) => Tokenizer?.Token(id) ?? new Token(id, $"[{id}]");

    /// <summary>Token embedding, <c>V x d_model</c>.</summary>
    public Matrix WE => Weight("embed.W_E").AsMatrix();

    /// <summary>Unembedding, <c>d_model x V</c>.</summary>
    public virtual Matrix WU => Weight("unembed.W_U").AsMatrix();

    /// <summary>Query matrix of a head, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WQ(int layer, int head) => Weight($"blocks.{layer}.attn.W_Q")[head].AsMatrix();

    /// <summary>Key matrix that a query head uses, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models map it to its key-value head.</param>
    public Matrix WK(int layer, int head) => Weight($"blocks.{layer}.attn.W_K")[Config.KeyValueHeadOf(head)].AsMatrix();

    /// <summary>Value matrix that a query head uses, <c>d_model x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models map it to its key-value head.</param>
    public Matrix WV(int layer, int head) => Weight($"blocks.{layer}.attn.W_V")[Config.KeyValueHeadOf(head)].AsMatrix();

    /// <summary>Output matrix of a head, <c>d_head x d_model</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Matrix WO(int layer, int head) => Weight($"blocks.{layer}.attn.W_O")[head].AsMatrix();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases mapped files and sessions.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
