using PluginLens.Import.Gguf;
using PluginLens.Import.Gguf.Mapping;
using PluginLens.Import.Gguf.Text;

namespace PluginLens.Import;

/// <summary>What a GGUF file says of itself, without importing it.</summary>
/// <param name="Files">The file, or the parts of a split one.</param>
/// <param name="Keys">Its keys: name, type, value; long lists cut.</param>
/// <param name="Tensors">Its tensors.</param>
/// <param name="Notes">What an import would tell, and what it would assume.</param>
/// <param name="Refusal">Why it would be refused, or null.</param>
public sealed record GgufDescription(
    IReadOnlyList<string> Files, IReadOnlyList<(string Name, string Type, string Value)> Keys, IReadOnlyList<GgufTensorDescription> Tensors, IReadOnlyList<string> Notes, string? Refusal)
{
    /// <summary>Numbers in all tensors.</summary>
    public long Weights => Tensors.Sum(t => t.Weights);

    /// <summary>Bits that a number takes on average.</summary>
    public double BitsPerWeight => Weights == 0 ? 0 : 8.0 * Tensors.Sum(t => t.Bytes) / Weights;

    /// <summary>Whether a path is a GGUF file.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsOf(string path) => GgufSource.Is(path);

    /// <summary>Reads a file's keys and the list of its tensors.</summary>
    /// <param name="path">The file, or the first part of a split one.</param>
    /// <exception cref="ModelException">It is damaged.</exception>
    public static GgufDescription Read(string path)
    {
        using var source = GgufSource.Open(path);
        var notes = new List<string>();
        string? refusal = null;
        try
        {
            var model = GgufModel.Of(source);
            notes.AddRange(model.Notes);
            TokenizerWriter.Of(source, model.Facts["d_vocab"]!.GetValue<long>(), notes);
            notes.AddRange(GgufImport.Assumed(model.Facts));
        }
        catch (ModelException error)
        {
            refusal = error.Message;
        }

        return new GgufDescription(
            [.. source.Files.Select(f => f.Path)],
            [.. source.Keys.All.Select(k => (Shown.Plain(k.Key), k.Value.TypeName, k.Value.Text()))],
            [.. source.Tensors.Select(t => new GgufTensorDescription(Shown.Plain(t.Name), t.Shape, t.Type.Name, t.Type.BitsPerWeight, t.Elements, t.Bytes))],
            notes,
            refusal);
    }
}
