namespace PluginLens.Models.Format.Files;

/// <summary>Says in messages which element of a tensor is meant.</summary>
internal static class ElementIndex
{
    /// <summary>A flat index as <c>[i, j]</c>.</summary>
    /// <param name="flat">Place in the data.</param>
    /// <param name="shape">Extents.</param>
    public static string Of(long flat, IReadOnlyList<long> shape)
    {
        var index = new long[shape.Count];
        for (var axis = shape.Count - 1; axis >= 0; axis--)
        {
            (flat, index[axis]) = Math.DivRem(flat, shape[axis]);
        }

        return $"[{string.Join(", ", index)}]";
    }
}
