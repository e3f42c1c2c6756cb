using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>
/// Replaces quantised products and tables by plain ones of the dequantised weights. What such a graph rounds as it runs is rounded no more:
/// the imported model is that of the weights. Forms that are not known stay, and are refused by their operator's name.
/// </summary>
/// <param name="nodes">The nodes, in order.</param>
/// <param name="constants">The constants; dequantised ones are added.</param>
/// <param name="model">The ONNX file, for tensors made here.</param>
internal sealed class Dequantisation(IReadOnlyList<NodeProto> nodes, Dictionary<string, SourceTensor> constants, string model)
{
    private readonly Dictionary<string, NodeProto> _producers =
        nodes.SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (o, n))).ToDictionary(p => p.o, p => p.n, StringComparer.Ordinal);

    private readonly ILookup<string, NodeProto> _consumers = nodes.SelectMany(n => n.Input.Select(i => (i, n))).ToLookup(p => p.i, p => p.n, StringComparer.Ordinal);
    private readonly HashSet<NodeProto> _replaced = [];
    private readonly List<NodeProto> _made = [];

    /// <summary>Whether anything was replaced.</summary>
    public bool IsNeeded => _made.Count > 0;

    /// <summary>The nodes with plain products; not in order.</summary>
    public IReadOnlyList<NodeProto> Run()
    {
        foreach (var node in nodes)
        {
            switch (node.OpType)
            {
                case "MatMulInteger":
                    Product(node);
                    break;
                case "DynamicQuantizeMatMul" when node.Input.Count > 2 && constants.ContainsKey(node.Input[2]):
                    FusedProduct(node);
                    break;
                case "MatMulNBits":
                    BlockProduct(node);
                    break;
                case "DequantizeLinear" when _producers.GetValueOrDefault(node.Input[0]) is { OpType: "Gather" } gather:
                    Table(node, gather);
                    break;
            }
        }

        var read = _made.SelectMany(n => n.Input).ToHashSet(StringComparer.Ordinal);
        return [.. nodes.Where(n => !_replaced.Contains(n) && !IsDead(n, read)), .. _made];
    }

    /// <summary>x·W with x rounded as it comes: DynamicQuantizeLinear, MatMulInteger, Cast, and the product of both scales.</summary>
    private void Product(NodeProto node)
    {
        if (_producers.GetValueOrDefault(node.Input[0]) is not { OpType: "DynamicQuantizeLinear" } rounding
            || Only(node.Output[0]) is not { OpType: "Cast" } cast || Only(cast.Output[0]) is not { OpType: "Mul" } scaled
            || _producers.GetValueOrDefault(scaled.Input.First(i => i != cast.Output[0])) is not { OpType: "Mul" } scales
            || scales.Input.FirstOrDefault(i => i != rounding.Output[1]) is not { } scale || !constants.ContainsKey(scale))
        {
            return;
        }

        var zero = node.OptionalInput(3);
        _replaced.UnionWith([node, cast, scaled]);
        Make("MatMul", [rounding.Input[0], Dequantised(node.Input[1], scale, zero)], scaled.Output[0]);
    }

    /// <summary>The same in one operator: x, W, scale, zero point, bias.</summary>
    private void FusedProduct(NodeProto node)
    {
        _replaced.Add(node);
        var bias = node.OptionalInput(4);
        var product = bias is null ? node.Output[0] : $"{node.Output[0]}.product";
        Make("MatMul", [node.Input[0], Dequantised(node.Input[1], node.Input[2], node.OptionalInput(3))], product);
        if (bias is not null)
        {
            Make("Add", [product, bias], node.Output[0]);
        }
    }

    /// <summary>Rows of a quantised table, dequantised after they are looked up.</summary>
    private void Table(NodeProto node, NodeProto gather)
    {
        if (Only(gather.Output[0]) == node)
        {
            _replaced.UnionWith([node, gather]);
            var rows = Make("Gather", [Dequantised(gather.Input[0], node.Input[1], node.OptionalInput(2)), gather.Input[1]], node.Output[0]);
            rows.Attribute.Add(gather.Attribute);
        }
    }

    private string Dequantised(string values, string scale, string? zero)
    {
        var name = $"{values}.dequantised";
        if (_made.Any(n => n.Output[0] == name))
        {
            return name;
        }

        // One scale for all may be written as a vector of one, which the operator would take for a scale of each column.
        var isWhole = constants.TryGetValue(scale, out var scales) && scales.Elements == 1;
        string Whole(string part) => isWhole && constants[part].Shape.Length > 0 ? Make("Squeeze", [part], $"{name}.{part}").Output[0] : part;
        var node = Make("DequantizeLinear", zero is null ? [values, Whole(scale)] : [values, Whole(scale), Whole(zero)], name);
        if (!isWhole)
        {
            node.Attribute.Add(new AttributeProto { Name = "axis", I = 1, Type = (int)AttributeKind.Int });
        }

        return name;
    }

    /// <summary>4 or 8 bits in blocks along K with a scale and a zero point each, [N, blocks, bytes].</summary>
    private void BlockProduct(NodeProto node)
    {
        var (k, n, bits, block) = ((int)node.Integer("K"), (int)node.Integer("N"), (int)node.Integer("bits"), (int)node.Integer("block_size"));
        if (bits is not (4 or 8) || block <= 0 || node.Input.Skip(4).Any(i => i.Length > 0) || !constants.TryGetValue(node.Input[1], out var packedTensor) || !constants.TryGetValue(node.Input[2], out var scaleTensor))
        {
            return;
        }

        var (packed, scales) = (packedTensor.Numbers(), scaleTensor.Floats());
        var zeros = node.OptionalInput(3) is { } given ? constants.GetValueOrDefault(given)?.Numbers() : [];
        var (blocks, perByte) = ((k + block - 1) / block, 8 / bits);
        if (zeros is null || packed.Length != n * blocks * (block / perByte) || scales.Length != n * blocks)
        {
            return;
        }

        var zeroBytes = (blocks + perByte - 1) / perByte;
        float Entry(float[] bytes, int start, int i) => ((int)bytes[start + (i / perByte)] >> (bits * (i % perByte))) & ((1 << bits) - 1);
        var weights = new float[k * n];
        for (var column = 0; column < n; column++)
        {
            for (var row = 0; row < k; row++)
            {
                var at = (column * blocks) + (row / block);
                var zero = zeros.Length == 0 ? 1 << (bits - 1) : zeros.Length == n * blocks && perByte > 1 ? zeros[at] : Entry(zeros, column * zeroBytes, row / block);
                weights[(row * n) + column] = (Entry(packed, at * (block / perByte), row % block) - zero) * scales[at];
            }
        }

        var tensor = new TensorProto { Name = $"{node.Input[1]}.dequantised", DataType = ElementTypes.Float, Dims = { k, n }, RawData = ElementTypes.Raw(weights) };
        constants[tensor.Name] = SourceTensor.Of(tensor, model);
        _replaced.Add(node);
        Make("MatMul", [node.Input[0], tensor.Name], node.Output[0]);
    }

    /// <summary>Rounding and scales whose products are gone; nothing that stays or was made reads them.</summary>
    private bool IsDead(NodeProto node, HashSet<string> read) =>
        (node.OpType is "DynamicQuantizeLinear" or "Mul") && _consumers.Contains(node.Output[0]) && !node.Output.Any(read.Contains)
        && node.Output.Where(o => o.Length > 0).SelectMany(o => _consumers[o]).All(c => _replaced.Contains(c) || IsDead(c, read));

    private NodeProto? Only(string tensor) => _consumers[tensor].Distinct().ToArray() is [var one] ? one : null;

    private NodeProto Make(string op, string[] inputs, string output)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        _made.Add(node);
        return node;
    }
}
