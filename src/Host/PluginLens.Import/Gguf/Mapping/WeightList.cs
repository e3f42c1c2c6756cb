namespace PluginLens.Import.Gguf.Mapping;

/// <summary>Gives every tensor its canonical name and shape, in the order in which weights are written.</summary>
internal sealed class WeightList
{
    private readonly Architecture _kind;
    private readonly TensorShelf _shelf;
    private readonly ModelSizes _sizes;
    private readonly ModelScales _scales;
    private readonly List<GgufWeight> _weights = [];

    private WeightList(Architecture kind, TensorShelf shelf, ModelSizes sizes, ModelScales scales) => (_kind, _shelf, _sizes, _scales) = (kind, shelf, sizes, scales);

    /// <summary>The weights of a model.</summary>
    /// <param name="kind">Its architecture.</param>
    /// <param name="shelf">Its tensors; these are taken.</param>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="scales">Its multipliers.</param>
    public static IReadOnlyList<GgufWeight> Of(Architecture kind, TensorShelf shelf, ModelSizes sizes, ModelScales scales)
    {
        var list = new WeightList(kind, shelf, sizes, scales);
        list.Embedding();
        for (var layer = 0; layer < sizes.Layers; layer++)
        {
            list.Block($"blk.{layer}", $"blocks.{layer}");
        }

        list.Ends();
        return list._weights;
    }

    private void Embedding()
    {
        var (d, v) = (_sizes.Width, _sizes.Vocabulary);
        Add("embed.W_E", _shelf.Take("token_embd.weight", v, d), 0, v, Layout.Rows, [v, d], _scales.Embedding);
        if (_kind.Positions == "learned")
        {
            Add("pos_embed.W_pos", _shelf.Take("position_embd.weight", _sizes.Context, d), 0, _sizes.Context, Layout.Rows, [_sizes.Context, d]);
        }

        if (_kind.Encoder)
        {
            var types = _shelf.Shape("token_types.weight", 2)[0];
            Add("token_type_embed.W_token_type", _shelf.Take("token_types.weight", types, d), 0, types, Layout.Rows, [types, d]);
        }

        if (_kind.EmbeddingNorm)
        {
            Norm("embed.ln", "token_embd_norm");
        }
    }

    /// <summary>The final norm and the read-out, which is the embedding where it has no tensor of its own.</summary>
    private void Ends()
    {
        if (_kind.Encoder)
        {
            return;
        }

        Norm("ln_final", "output_norm");
        var (d, v) = (_sizes.Width, _sizes.Vocabulary);
        var output = _shelf.Has("output.weight") ? _shelf.Take("output.weight", v, d) : _weights[0].Tensor;
        Add("unembed.W_U", output, 0, v, Layout.Transposed, [d, v], _scales.Logits);
        if (_kind.UnembeddingBias)
        {
            AddBias("unembed.b_U", _shelf.Take("output.bias", v), _scales.Logits);
        }
    }

    private void Block(string from, string to)
    {
        var own = _kind.TwoNorms && _shelf.Has($"{from}.{BlockNorms.OwnOfAttention}.weight");
        var norms = own ? _kind.Norms with { Ln1 = BlockNorms.OwnOfAttention, Ln2 = _kind.Norms.Ln1 } : _kind.Norms;
        if (norms.Ln1 is { } first)
        {
            Norm($"{to}.ln1", $"{from}.{first}");
        }

        Attention(from, $"{to}.attn");
        if (norms.Ln1Post is { } afterAttention)
        {
            Norm($"{to}.ln1_post", $"{from}.{afterAttention}");
        }

        // Attention and MLP side by side may share a norm: then the second one is not there.
        if (norms.Ln2 is { } second && (_kind.Parallel == false || _shelf.Has($"{from}.{second}.weight")))
        {
            Norm($"{to}.ln2", $"{from}.{second}");
        }

        Mlp(from, $"{to}.mlp");
        if (norms.Ln2Post is { } afterMlp)
        {
            Norm($"{to}.ln2_post", $"{from}.{afterMlp}");
        }
    }

    private void Attention(string from, string to)
    {
        var (d, dh, h, kv) = ((long)_sizes.Width, (long)_sizes.Head, (long)_sizes.Heads, (long)_sizes.KeyHeads);
        if (_kind.FusedQkv)
        {
            var all = (h + (2 * kv)) * dh;
            var (matrix, bias) = (_shelf.Take($"{from}.attn_qkv.weight", all, d), Bias($"{from}.attn_qkv.bias", _kind.Biases.Qkv, all));
            Heads(to, "Q", matrix, bias, 0, h);
            Heads(to, "K", matrix, bias, h * dh, kv);
            Heads(to, "V", matrix, bias, (h + kv) * dh, kv);
        }
        else
        {
            foreach (var (letter, name, heads) in new[] { ("Q", "attn_q", h), ("K", "attn_k", kv), ("V", "attn_v", kv) })
            {
                Heads(to, letter, _shelf.Take($"{from}.{name}.weight", heads * dh, d), Bias($"{from}.{name}.bias", _kind.Biases.Qkv, heads * dh), 0, heads);
            }
        }

        if (_kind.QkNormOverHeads is { } overHeads)
        {
            Vector($"{to}.q_norm.w", $"{from}.attn_q_norm.weight", overHeads ? h * dh : dh);
            Vector($"{to}.k_norm.w", $"{from}.attn_k_norm.weight", overHeads ? kv * dh : dh);
        }

        Add($"{to}.W_O", _shelf.Take($"{from}.attn_output.weight", d, h * dh), 0, d, Layout.Transposed, [h, dh, d], _scales.Residual);
        AddBias($"{to}.b_O", Bias($"{from}.attn_output.bias", _kind.Biases.Output, d), _scales.Residual);
    }

    private void Heads(string to, string letter, GgufTensor matrix, GgufTensor? bias, long firstRow, long heads)
    {
        long d = _sizes.Width, dh = _sizes.Head;
        var rotated = _kind.RotatedRows && letter != "V" ? (int)heads : 0;
        _weights.Add(new GgufWeight($"{to}.W_{letter}", [heads, d, dh], matrix, firstRow, heads * dh) { Layout = Layout.ByHead, RotatedHeads = rotated });
        if (bias is not null)
        {
            _weights.Add(new GgufWeight($"{to}.b_{letter}", [heads, dh], bias, firstRow, heads * dh) { RotatedHeads = rotated });
        }
    }

    private void Mlp(string from, string to)
    {
        if (_sizes.Experts is { } experts)
        {
            Experts(from, to, experts);
            return;
        }

        var (d, f) = (_sizes.Width, _sizes.Mlp);
        if (_kind.FusedGate)
        {
            var both = _shelf.Take($"{from}.ffn_up.weight", 2 * f, d);
            Add($"{to}.W_gate", both, 0, f, Layout.Transposed, [d, f]);
            Add($"{to}.W_in", both, f, f, Layout.Transposed, [d, f]);
        }
        else
        {
            if (_kind.GatedMlp)
            {
                Add($"{to}.W_gate", _shelf.Take($"{from}.ffn_gate.weight", f, d), 0, f, Layout.Transposed, [d, f]);
                AddBias($"{to}.b_gate", Bias($"{from}.ffn_gate.bias", _kind.Biases.Mlp, f));
            }

            Add($"{to}.W_in", _shelf.Take($"{from}.ffn_up.weight", f, d), 0, f, Layout.Transposed, [d, f]);
            AddBias($"{to}.b_in", Bias($"{from}.ffn_up.bias", _kind.Biases.Mlp, f));
        }

        Add($"{to}.W_out", _shelf.Take($"{from}.ffn_down.weight", d, f), 0, d, Layout.Transposed, [f, d], _scales.Residual);
        AddBias($"{to}.b_out", Bias($"{from}.ffn_down.bias", _kind.Biases.Mlp, d), _scales.Residual);
    }

    private void Experts(string from, string to, int experts)
    {
        var (d, f) = (_sizes.Width, _sizes.Mlp);
        Add($"{to}.W_router", _shelf.Take($"{from}.ffn_gate_inp.weight", experts, d), 0, experts, Layout.Transposed, [d, experts]);
        var gate = _shelf.Take($"{from}.ffn_gate_exps.weight", experts, f, d);
        var linear = _shelf.Take($"{from}.ffn_up_exps.weight", experts, f, d);
        var output = _shelf.Take($"{from}.ffn_down_exps.weight", experts, d, f);
        for (var e = 0; e < experts; e++)
        {
            Add($"{to}.experts.{e}.W_gate", gate, e * f, f, Layout.Transposed, [d, f]);
            Add($"{to}.experts.{e}.W_in", linear, e * f, f, Layout.Transposed, [d, f]);
            Add($"{to}.experts.{e}.W_out", output, e * d, d, Layout.Transposed, [f, d]);
        }
    }

    private void Norm(string to, string from)
    {
        Vector($"{to}.w", $"{from}.weight", _sizes.Width);
        if (_kind.NormBias)
        {
            Vector($"{to}.b", $"{from}.bias", _sizes.Width);
        }
    }

    private void Vector(string to, string from, long length) => Add(to, _shelf.Take(from, length), 0, length, Layout.Rows, [length]);

    private GgufTensor? Bias(string name, BiasRule rule, long length) =>
        rule == BiasRule.Always || (rule == BiasRule.Perhaps && _shelf.Has(name)) ? _shelf.Take(name, length) : null;

    private void AddBias(string to, GgufTensor? bias, float factor = 1)
    {
        if (bias is not null)
        {
            Add(to, bias, 0, bias.Elements, Layout.Rows, [bias.Elements], factor);
        }
    }

    private void Add(string name, GgufTensor tensor, long firstRow, long rows, Layout layout, long[] shape, float factor = 1) =>
        _weights.Add(new GgufWeight(name, shape, tensor, firstRow, rows) { Layout = layout, Factor = factor });
}
