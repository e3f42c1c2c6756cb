using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Sessions;

namespace PluginLens.Import.Probe;

/// <summary>Values for every input of the source graph that make it read one batch of tokens from the start.</summary>
internal static class Feed
{
    public static Dictionary<string, GraphArray> Of(SourceModel model, IReadOnlyDictionary<string, InputRole> roles, TokenBatch batch)
    {
        var tokens = InputRoles.Tokens(model, roles);
        return model.Inputs.ToDictionary(i => i.Name, i => roles[i.Name] switch
        {
            InputRole.Tokens => Value(i, batch.Ids, [batch.Batch, batch.Length]),
            InputRole.TokenTypes => Value(i, batch.Types, [batch.Batch, batch.Length]),
            InputRole.Positions => Positions(i, batch),
            InputRole.Mask => Mask(i, batch),
            InputRole.LastPosition => Value(i, [.. Enumerable.Repeat(batch.Length - 1L, batch.Batch)], i.Type.TensorType.Shape?.Dim.Count == 2 ? [batch.Batch, 1] : [batch.Batch]),
            InputRole.Length => Value(i, [batch.Length], i.Type.TensorType.Shape?.Dim.Count == 1 ? [1] : []),
            _ => Past(i, tokens, batch),
        });
    }

    /// <summary>A declared size that is fixed, or null where it is free.</summary>
    public static int? Fixed(ValueInfoProto input, int axis) =>
        input.Type.TensorType.Shape?.Dim is { } dims && axis < dims.Count && dims[axis].DimValue > 0 ? (int)dims[axis].DimValue : null;

    private static GraphArray Positions(ValueInfoProto input, TokenBatch batch)
    {
        var counted = Enumerable.Range(0, batch.Batch * batch.Length).Select(i => (long)(i % batch.Length)).ToArray();
        return (input.Type.TensorType.Shape?.Dim.Count ?? 2) switch
        {
            1 when Fixed(input, 0) == 1 => Value(input, [0], [1]),
            1 => Value(input, counted[..batch.Length], [batch.Length]),
            _ when Fixed(input, 0) == 1 => Value(input, counted[..batch.Length], [1, batch.Length]),
            _ => Value(input, counted, [batch.Batch, batch.Length]),
        };
    }

    private static GraphArray Mask(ValueInfoProto input, TokenBatch batch) => (input.Type.TensorType.Shape?.Dim.Count ?? 2) == 2
        ? Value(input, batch.Mask, [batch.Batch, batch.Length])
        : throw new ModelException($"Input '{input.Name}' is a mask of more than two dimensions; export the model with an attention mask [batch, pos].");

    private static GraphArray Past(ValueInfoProto input, ValueInfoProto tokens, TokenBatch batch)
    {
        var batchName = tokens.Type.TensorType.Shape?.Dim.FirstOrDefault()?.DimParam;
        var seenBatch = false;
        var shape = new List<long>();
        foreach (var dim in input.Type.TensorType.Shape!.Dim)
        {
            var isBatch = dim.DimValue == 0 && !seenBatch && (string.IsNullOrEmpty(batchName) || dim.DimParam == batchName || dim.DimParam.Length == 0);
            seenBatch |= isBatch;
            shape.Add(dim.DimValue > 0 ? dim.DimValue : isBatch ? batch.Batch : 0);
        }

        return new GraphArray(new float[shape.Aggregate(1L, (a, b) => a * b)], [.. shape]);
    }

    private static GraphArray Value(ValueInfoProto input, long[] values, long[] shape) => input.Type.TensorType.ElemType switch
    {
        ElementTypes.Int64 => new GraphArray(values, shape),
        ElementTypes.Int32 => new GraphArray(Array.ConvertAll(values, v => (int)v), shape),
        ElementTypes.Bool => new GraphArray(Array.ConvertAll(values, v => v != 0), shape),
        ElementTypes.Float => new GraphArray(Array.ConvertAll(values, v => (float)v), shape),
        var type => throw new ModelException($"Input '{input.Name}' is {ElementTypes.Name(type)}; expected integers."),
    };
}
