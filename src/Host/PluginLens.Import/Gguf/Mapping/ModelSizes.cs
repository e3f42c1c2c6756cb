namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The sizes of a model, from its keys; where tensors say the same thing, they are trusted and a difference is noted.</summary>
internal sealed class ModelSizes
{
    private readonly ModelKeys _keys;
    private readonly List<string> _notes = [];

    /// <summary>Reads the sizes.</summary>
    /// <param name="keys">The model's keys.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="shelf">Its tensors, none of them taken yet.</param>
    public ModelSizes(ModelKeys keys, Architecture kind, TensorShelf shelf)
    {
        _keys = keys;
        Layers = keys.Count("block_count");
        Width = keys.Count("embedding_length");
        Heads = keys.Count("attention.head_count");
        KeyHeads = keys.CountOrNull("attention.head_count_kv") ?? Heads;
        if (Heads < 1 || KeyHeads < 1 || Heads % KeyHeads != 0)
        {
            throw new ModelException($"'{keys.File}' says {Heads} heads and {KeyHeads} key-value heads; expected a multiple of the other, both above 0.");
        }

        Head = keys.CountOrNull("attention.key_length") is { } stated ? stated
            : Width % Heads == 0 ? Width / Heads
            : throw new ModelException($"'{keys.File}' says {Heads} heads for a width of {Width}, which does not divide by them; it is damaged.");
        if (Head < 1 || (keys.CountOrNull("attention.value_length") ?? Head) != Head)
        {
            throw new ModelException($"'{keys.File}' says heads of {Head} for keys and {keys.CountOrNull("attention.value_length")} for values; expected one size above 0.");
        }

        Experts = keys.CountOrNull("expert_count") is > 0 and var experts ? experts : null;
        Vocabulary = shelf.Shape("token_embd.weight", 2)[0];
        Noted("vocab_size", Vocabulary, "rows of token_embd.weight");
        Context = keys.Count("context_length");
        if (kind.Positions == "learned")
        {
            var rows = shelf.Shape("position_embd.weight", 2)[0];
            Noted("context_length", rows, "rows of position_embd.weight");
            Context = rows;
        }

        Mlp = Experts is null ? shelf.Shape("blk.0.ffn_up.weight", 2)[0] / (kind.FusedGate ? 2 : 1) : shelf.Shape("blk.0.ffn_up_exps.weight", 3)[1];
        Noted("feed_forward_length", Mlp, "rows of blk.0's MLP");
    }

    public int Layers { get; }

    public int Width { get; }

    public int Heads { get; }

    public int KeyHeads { get; }

    /// <summary>Dimensions of a head.</summary>
    public int Head { get; }

    public int? Experts { get; }

    public long Vocabulary { get; }

    public long Context { get; }

    public long Mlp { get; }

    /// <summary>Where keys and tensors say different things.</summary>
    public IReadOnlyList<string> Notes => _notes;

    private void Noted(string key, long found, string where)
    {
        if (_keys.CountOrNull(key) is { } stated && stated != found)
        {
            _notes.Add($"{_keys.Name(key)} says {stated}, but there are {found} {where}; the tensors are right");
        }
    }
}
