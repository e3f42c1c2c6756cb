namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The tensors of a model, taken by name with the shape that they must have. What nobody takes is a part that would be left out of the model, so it is refused.</summary>
/// <param name="source">The file.</param>
internal sealed class TensorShelf(GgufSource source)
{
    private readonly Dictionary<string, GgufTensor> _left = source.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);

    public bool Has(string name) => _left.ContainsKey(name);

    /// <summary>A tensor's shape before it is taken, where the file is trusted above its keys.</summary>
    public long[] Shape(string name, int rank)
    {
        var shape = Find(name).Shape;
        return shape.Length == rank ? shape : throw Misshapen(Find(name), $"{rank} dimensions");
    }

    /// <summary>Takes a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">What it must be.</param>
    public GgufTensor Take(string name, params long[] shape)
    {
        var tensor = Find(name);
        _left.Remove(name);
        return tensor.Shape.AsSpan().SequenceEqual(shape) ? tensor : throw Misshapen(tensor, $"[{string.Join(", ", shape)}]");
    }

    /// <summary>Throws where something was not taken.</summary>
    public void RefuseLeft()
    {
        if (_left.Count > 0)
        {
            var names = _left.Keys.Take(3).Select(Shown.Name);
            throw new ModelException($"'{source.FileName}' has {_left.Count} tensors that no known part of this architecture reads " +
                $"({string.Join(", ", names)}{(_left.Count > 3 ? ", ..." : "")}); it is of a variant that would be computed wrongly, or damaged.");
        }
    }

    private GgufTensor Find(string name)
    {
        if (_left.TryGetValue(name, out var tensor))
        {
            return tensor;
        }

        var odd = _left.Keys.FirstOrDefault(k => Shown.Plain(k) != k);
        throw new ModelException($"'{source.FileName}' lacks the tensor '{name}'{(odd is null ? "" : $" (it has one called {Shown.Name(odd)})")}; it is " +
            $"damaged, or of a variant that is not read.");
    }

    private ModelException Misshapen(GgufTensor tensor, string expected) =>
        new($"'{source.FileName}': tensor {Shown.Name(tensor.Name)} is [{string.Join(", ", tensor.Shape)}]; expected {expected} by the keys and the other " +
            $"tensors. The file is damaged, or of a variant that is not read.");
}
