using PluginLens.Models.Format;

namespace PluginLens.Import.Source;

/// <summary>Finds weights that are not numbers: a model with one gives NaN for every prompt.</summary>
internal static class NotANumber
{
    public static void Refuse(IEnumerable<SourceTensor> tensors)
    {
        foreach (var tensor in tensors.Where(t => ElementTypes.IsFloat(t.Type)))
        {
            var at = Array.FindIndex(tensor.Floats(), float.IsNaN);
            if (at >= 0)
            {
                throw new ModelException($"{tensor.Name}{Index(at, tensor.Shape)} is NaN; the file is damaged, or its training diverged.");
            }
        }
    }

    /// <summary>A flat index as <c>[i, j]</c>.</summary>
    public static string Index(long at, IReadOnlyList<long> shape)
    {
        var index = new long[shape.Count];
        for (var axis = shape.Count - 1; axis >= 0; axis--)
        {
            (at, index[axis]) = Math.DivRem(at, shape[axis]);
        }

        return $"[{string.Join(", ", index)}]";
    }
}
