using System.Text.Json.Nodes;
using PluginLens.Models;
using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>A golden checkpoint of the Llama build as the GPU and mobile exporters write it: fused norms, attention and rotations.</summary>
internal sealed class FusedLlama
{
    private const int Whole = 7, Int32 = 6;
    private readonly SafetensorsFile _weights;
    private readonly JsonObject _facts;
    private readonly GraphBuilder _graph;
    private readonly FusedForm _form;
    private readonly int _window, _length;
    private readonly int _heads, _keyHeads, _width, _stored, _model;

    private FusedLlama(string checkpoint, FusedForm form, int window, int opset, int length)
    {
        var folder = Path.Combine(Repository.Checkpoints, checkpoint, "reference");
        (_weights, _form, _window, _length, _graph) = (new SafetensorsFile(Path.Combine(folder, "weights.safetensors")), form, window, length, new GraphBuilder(opset));
        _facts = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "model.json")))!.AsObject();
        (_heads, _stored, _model) = (Fact("n_heads"), Fact("d_head"), Fact("d_model"));
        // GroupQueryAttention runs with heads of a multiple of 16 columns only: the others are zero.
        _width = form is FusedForm.MultiHead or FusedForm.MultiHeadFlag ? _stored : 16;
        _keyHeads = _facts.ContainsKey("n_key_value_heads") ? Fact("n_key_value_heads") : _heads;
    }

    public static GraphBuilder Of(string checkpoint, FusedForm form, int window = -1, int opset = 17, int length = 64) => new FusedLlama(checkpoint, form, window, opset, length).Write();

    private int Fact(string name) => _facts[name]!.GetValue<int>();

    private GraphBuilder Write()
    {
        _graph.Input("input_ids", Whole, "batch_size", "sequence_length");
        _graph.Input("attention_mask", Whole, "batch_size", "total_sequence_length");
        if (_form is FusedForm.RotaryGrouped or FusedForm.MultiHead or FusedForm.MultiHeadFlag)
        {
            _graph.Input("position_ids", Whole, "batch_size", "sequence_length");
        }

        _graph.Output("logits", 1, "batch_size", "sequence_length", Fact("d_vocab"));
        Lengths();
        Tables();
        var (eps, layers) = (("epsilon", (object)_facts["eps"]!.GetValue<float>()), Fact("n_layers"));
        var stream = _graph.Node("Gather", [Weight("embed.W_E"), "input_ids"], ["embeds"]);
        var normed = _graph.Node("SimplifiedLayerNormalization", [stream, Weight("blocks.0.ln1.w")], ["0.ln1"], eps, ("axis", -1), ("stash_type", 1));
        for (var l = 0; l < layers; l++)
        {
            var attention = Attention(l, normed);
            normed = _graph.Fused("SkipSimplifiedLayerNormalization", [stream, attention, Weight($"blocks.{l}.ln2.w")], [$"{l}.ln2", "", "", $"{l}.mid"], eps);
            var gate = Product($"{l}.gate", normed, Weight($"blocks.{l}.mlp.W_gate"));
            var active = _graph.Node("Mul", [gate, _graph.Node("Sigmoid", [gate], [$"{l}.sigmoid"])], [$"{l}.silu"]);
            var inner = _graph.Node("Mul", [active, Product($"{l}.up", normed, Weight($"blocks.{l}.mlp.W_in"))], [$"{l}.inner"]);
            var down = Product($"{l}.down", inner, Weight($"blocks.{l}.mlp.W_out"));
            var (gain, name) = l + 1 < layers ? ($"blocks.{l + 1}.ln1.w", $"{l + 1}.ln1") : ("ln_final.w", "final");
            normed = _graph.Fused("SkipSimplifiedLayerNormalization", [$"{l}.mid", down, Weight(gain)], l + 1 < layers ? [name, "", "", $"{l}.post"] : [name], eps);
            stream = $"{l}.post";
        }

        _graph.Node("MatMul", [normed, Weight("unembed.W_U")], ["logits"]);
        return _graph;
    }

    /// <summary>What GroupQueryAttention wants to know of lengths, from the mask.</summary>
    private void Lengths()
    {
        var sum = _graph.Node("ReduceSum", ["attention_mask", _graph.Integers("axes", 1)], ["mask_sum"], ("keepdims", 0));
        _graph.Node("Cast", [_graph.Node("Sub", [sum, _graph.Integers("one", 1)], ["last"])], ["seqlens_k"], ("to", Int32));
        var length = _graph.Node("Gather", [_graph.Node("Shape", ["attention_mask"], ["mask_shape"]), _graph.Integer("axis", 1)], ["mask_length"]);
        _graph.Node("Cast", [length], ["total"], ("to", Int32));
    }

    private void Tables()
    {
        double[] frequencies = [.. _facts["inv_freq"]!.AsArray().Select(f => f!.GetValue<double>()), .. Enumerable.Range(1, (_width - _stored) / 2).Select(i => 0.3 / i)];
        foreach (var (name, function) in new (string, Func<double, double>)[] { ("cos", Math.Cos), ("sin", Math.Sin) })
        {
            float[] table = [.. Enumerable.Range(0, _length).SelectMany(p => frequencies.Select(f => (float)function(p * (double)(float)f)))];
            _graph.Floats($"{name}_cache", table, _length, frequencies.Length);
        }
    }

    private string Attention(int l, string normed)
    {
        string q, k, v;
        if (_form == FusedForm.GroupedPacked)
        {
            var parts = new[] { "Q", "K", "V" }.Select(part => Matrix(l, part)).ToArray();
            float[] matrix = [.. Enumerable.Range(0, _model).SelectMany(row => parts.SelectMany(p => p.Values[(row * p.Columns)..((row + 1) * p.Columns)]))];
            (q, k, v) = (Product($"{l}.qkv", normed, _graph.Floats($"{l}.W_QKV", matrix, _model, parts.Sum(p => p.Columns))), "", "");
            q = _weights.Has($"blocks.{l}.attn.b_Q")
                ? _graph.Node("Add", [q, _graph.Floats($"{l}.b_QKV", [.. new[] { "Q", "K", "V" }.SelectMany(part => Bias(l, part)!)], parts.Sum(p => p.Columns))], [$"{l}.qkv_biased"]) : q;
        }
        else
        {
            (q, k, v) = (Projection(l, "Q", normed), Projection(l, "K", normed), Projection(l, "V", normed));
        }

        (string, object)[] grouped = [("num_heads", _heads), ("kv_num_heads", _keyHeads), ("local_window_size", _window), ("scale", (float)(1 / Math.Sqrt(_stored)))];
        string[] past = [Past(l, "key"), Past(l, "value")], outputs = [$"{l}.attention", Present(l, "key"), Present(l, "value")];
        var result = _form switch
        {
            FusedForm.Grouped or FusedForm.GroupedPacked => _graph.Fused(
                "GroupQueryAttention", [q, k, v, .. past, "seqlens_k", "total", "cos_cache", "sin_cache"], outputs, [.. grouped, ("do_rotary", 1), ("rotary_interleaved", 0), ("softcap", 0f)]),
            FusedForm.GroupedInterleaved => _graph.Fused(
                "GroupQueryAttention", [q, k, v, .. past, "seqlens_k", "total", "cos_cache", "sin_cache"], outputs, [.. grouped, ("do_rotary", 1), ("rotary_interleaved", 1)]),
            FusedForm.RotaryGrouped => _graph.Fused(
                "GroupQueryAttention", [Turned($"{l}.q", q), Turned($"{l}.k", k), v, .. past, "seqlens_k", "total"], outputs, grouped),
            FusedForm.MultiHead => _graph.Fused(
                "MultiHeadAttention", [Turned($"{l}.q", q), Repeated($"{l}.k", Turned($"{l}.k", k)), Repeated($"{l}.v", v), "", "", Mask()], [$"{l}.attention"], ("num_heads", _heads)),
            _ => _graph.Fused(
                "MultiHeadAttention",
                [
                    Flat($"{l}.q", Turned($"{l}.q", AsHeads($"{l}.q", q, _heads))), AsHeads($"{l}.k3", Repeated($"{l}.k", Flat($"{l}.k", Turned($"{l}.k", AsHeads($"{l}.k", k, _keyHeads)))), _heads),
                    AsHeads($"{l}.v3", Repeated($"{l}.v", v), _heads),
                ],
                [$"{l}.attention"], ("num_heads", _heads), ("unidirectional", 1)),
        };
        var rows = _weights.Floats($"blocks.{l}.attn.W_O").Span.ToArray();
        float[] output = [.. Enumerable.Range(0, _heads * _width).SelectMany(row => Column(row, turned: false) is { } column
            ? rows[(((row / _width * _stored) + column) * _model)..(((row / _width * _stored) + column + 1) * _model)] : new float[_model])];
        return Product($"{l}.o", result, _graph.Floats($"{l}.W_O", output, _heads * _width, _model));
    }

    private string Turned(string name, string x) =>
        _graph.Fused("RotaryEmbedding", [x, "position_ids", "cos_cache", "sin_cache"], [$"{name}.turned"], ("interleaved", 0), ("num_heads", 0), ("rotary_embedding_dim", 0));

    /// <summary>[batch, pos, columns] as [batch, head, pos, d_head].</summary>
    private string AsHeads(string name, string x, int heads) =>
        _graph.Node("Transpose", [_graph.Node("Reshape", [x, _graph.Integers($"heads{heads}", 0, 0, heads, _width)], [$"{name}.split"])], [$"{name}.heads"], ("perm", new long[] { 0, 2, 1, 3 }));

    private string Flat(string name, string x) =>
        _graph.Node("Reshape", [_graph.Node("Transpose", [x], [$"{name}.back"], ("perm", new long[] { 0, 2, 1, 3 })), _graph.Integers("flat", 0, 0, -1)], [$"{name}.flat"]);

    private string Repeated(string name, string x)
    {
        var groups = _graph.Node("Reshape", [x, _graph.Integers("groups", 0, 0, _keyHeads, 1, _width)], [$"{name}.groups"]);
        var repeated = _graph.Node("Expand", [groups, _graph.Integers("repeat", 1, 1, 1, _heads / _keyHeads, 1)], [$"{name}.repeated"]);
        return _graph.Node("Reshape", [repeated, _graph.Integers("flat", 0, 0, -1)], [$"{name}.all"]);
    }

    /// <summary>0 for what a token sees, the lowest number for what comes later; [1, 1, pos, pos].</summary>
    private string Mask()
    {
        if (_graph.Graph.Node.All(n => n.Output[0] != "causal"))
        {
            _graph.Integer("zero", 0);
            _graph.Integer("step", 1);
            _graph.Node("Range", ["zero", "mask_length", "step"], ["keys"]);
            _graph.Node("Reshape", ["keys", _graph.Integers("column", -1, 1)], ["queries"]);
            _graph.Node("Where", [_graph.Node("Less", ["queries", "keys"], ["later"]), _graph.Floats("lowest", [float.MinValue]), _graph.Floats("nothing", [0f])], ["square"]);
            _graph.Node("Unsqueeze", ["square", _graph.Integers("front", 0, 1)], ["causal"]);
        }

        return "causal";
    }

    private string Past(int l, string kind) => _graph.Input($"past_key_values.{l}.{kind}", 1, "batch_size", _keyHeads, "past_sequence_length", _width);

    private string Present(int l, string kind)
    {
        if (_form is not (FusedForm.MultiHead or FusedForm.MultiHeadFlag))
        {
            _graph.Output($"present.{l}.{kind}", 1, "batch_size", _keyHeads, "total_sequence_length", _width);
        }

        return $"present.{l}.{kind}";
    }

    private string Projection(int l, string part, string x)
    {
        var (values, columns) = Matrix(l, part);
        var product = Product($"{l}.{part}", x, _graph.Floats($"{l}.W_{part}", values, _model, columns));
        return Bias(l, part) is { } bias ? _graph.Node("Add", [product, _graph.Floats($"{l}.b_{part}", bias, columns)], [$"{l}.{part}.biased"]) : product;
    }

    /// <summary>[head, d_model, d_head] as [d_model, head * width].</summary>
    private (float[] Values, int Columns) Matrix(int l, string part)
    {
        var tensor = _weights.Floats($"blocks.{l}.attn.W_{part}");
        var (heads, values) = (tensor.Shape[0], tensor.Span.ToArray());
        float[] matrix = [.. Enumerable.Range(0, _model).SelectMany(row => Enumerable.Range(0, heads * _width)
            .Select(c => Column(c, part != "V") is { } column ? values[(((c / _width * _model) + row) * _stored) + column] : 0))];
        return (matrix, heads * _width);
    }

    private float[]? Bias(int l, string part)
    {
        if (!_weights.Has($"blocks.{l}.attn.b_{part}"))
        {
            return null;
        }

        var values = _weights.Floats($"blocks.{l}.attn.b_{part}").Span.ToArray();
        return [.. Enumerable.Range(0, values.Length / _stored * _width).Select(c => Column(c, part != "V") is { } column ? values[(c / _width * _stored) + column] : 0)];
    }

    /// <summary>The checkpoint's dimension of a head that a column holds, or null for one that is zero. What is turned lies in two halves, or in pairs.</summary>
    private int? Column(int column, bool turned)
    {
        var (at, half, stored) = (column % _width, _width / 2, _stored / 2);
        if (!turned)
        {
            return at < _stored ? at : null;
        }

        var (pair, second) = _form == FusedForm.GroupedInterleaved ? (at / 2, at % 2) : (at % half, at / half);
        return pair < stored ? pair + (second * stored) : null;
    }

    private string Weight(string name)
    {
        var tensor = _weights.Floats(name);
        return _graph.Floats(name, tensor.Span.ToArray(), [.. tensor.Shape.Select(d => (long)d)]);
    }

    private string Product(string name, string x, string matrix) => _graph.Node("MatMul", [x, matrix], [name]);
}
