using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;

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
                throw new ModelException($"{tensor.Name}{ElementIndex.Of(at, tensor.Shape)} is NaN; the file is damaged, or its training diverged.");
            }
        }
    }
}
