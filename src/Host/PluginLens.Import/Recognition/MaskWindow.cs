using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format;

namespace PluginLens.Import.Recognition;

/// <summary>Reads a window that is wider than the run from the mask that a graph keeps as a constant square of truth values.</summary>
internal static class MaskWindow
{
    /// <summary>Tokens that the last token of a full context sees, where that is fewer than all; else null.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="scores">Name of the masked scores.</param>
    public static int? Find(Reading reading, string scores)
    {
        foreach (var mask in Squares(reading, scores))
        {
            var (size, values) = ((int)mask.Shape[^1], mask.Numbers());
            var seen = values.AsSpan(values.Length - size).ToArray().Count(v => v != 0);
            if (seen > 1 && seen < size && values[^seen] != 0)
            {
                return seen;
            }
        }

        return null;
    }

    /// <summary>Square masks that are read between the product of queries and keys and the softmax.</summary>
    private static IEnumerable<SourceTensor> Squares(Reading reading, string scores)
    {
        var graph = reading.Graph;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([scores]);
        while (open.TryPop(out var name))
        {
            if (reading.Model.Constants.TryGetValue(name, out var constant) && constant.Type is ElementTypes.Bool or ElementTypes.UInt8 && constant.Shape is [.., var rows, var columns] && rows == columns)
            {
                yield return constant;
            }

            if (graph.Producer(name) is { } node && !(Operators.IsMatMul(node) && graph.IsData(name)))
            {
                foreach (var input in node.Input.Where(i => i.Length > 0 && seen.Add(i)))
                {
                    open.Push(input);
                }
            }
        }
    }
}
