using System.Text;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>Finds and parses the ONNX file that the user means, and says what it is instead where it is none.</summary>
internal static class SourceFile
{
    private static readonly string[] Preferred = ["model.onnx", "decoder_model.onnx", "decoder_with_past_model.onnx", "decoder_model_merged.onnx"];

    /// <summary>The ONNX file of a path: itself, or the one in a folder (or in its <c>onnx</c> folder).</summary>
    public static string Locate(string path)
    {
        if (File.Exists(path))
        {
            return Path.GetFullPath(path);
        }

        if (!Directory.Exists(path))
        {
            throw new ModelException($"'{path}' does not exist; expected an ONNX file or a folder with one.");
        }

        foreach (var folder in new[] { path, Path.Combine(path, "onnx") }.Where(Directory.Exists))
        {
            var files = Directory.GetFiles(folder, "*.onnx").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToArray();
            var chosen = files.Length == 1 ? files[0] : Preferred.FirstOrDefault(p => files.Contains(p, StringComparer.Ordinal));
            if (chosen is not null)
            {
                return Path.GetFullPath(Path.Combine(folder, chosen));
            }

            if (files.Length > 0)
            {
                throw new ModelException($"'{folder}' holds {files.Length} ONNX files ({string.Join(", ", files)}); name the one to import.");
            }
        }

        throw new ModelException($"'{path}' holds no .onnx file; name the file to import.");
    }

    /// <summary>The graph, and references into the file in place of large weights.</summary>
    public static ModelProto Parse(string path)
    {
        var name = Path.GetFileName(path);
        using var map = new MappedFile(path);
        RefuseText(map, name);
        var model = SlimModel.Parse(map);
        return model.Graph is { Node.Count: > 0 } && (model.IrVersion > 0 || model.OpsetImport.Count > 0)
            ? model
            : throw new ModelException($"'{name}' holds no graph; expected an ONNX model.");
    }

    private static void RefuseText(MappedFile map, string name)
    {
        var text = Encoding.Latin1.GetString(map.Span(0, (int)Math.Min(map.Length, 64)));
        if (text.TrimStart().StartsWith('<') || text.TrimStart().StartsWith('{') || text.StartsWith("PK", StringComparison.Ordinal))
        {
            throw new ModelException($"'{name}' is not an ONNX model: it begins with '{new string([.. text.Take(20).Where(c => c is >= ' ' and <= '~')])}'.");
        }
    }
}
