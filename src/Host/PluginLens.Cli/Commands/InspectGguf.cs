using PluginLens.Import;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens inspect MODEL.gguf</c>: what a GGUF file says of itself, and what an import would make of it.</summary>
internal static class InspectGguf
{
    /// <summary>Prints the description.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format"><c>table</c> or <c>json</c>.</param>
    public static void Print(string path, string format)
    {
        var file = GgufDescription.Read(path);
        if (format == "json")
        {
            Json.Print(new
            {
                files = file.Files,
                weights = file.Weights,
                bits_per_weight = file.BitsPerWeight,
                keys = file.Keys.ToDictionary(key => key.Name, key => new { type = key.Type, value = key.Value }),
                tensors = file.Tensors.ToDictionary(tensor => tensor.Name, tensor => new { shape = tensor.Shape, type = tensor.Type, bits_per_weight = tensor.BitsPerWeight }),
                notes = file.Notes,
                refused = file.Refusal,
            });
            return;
        }

        Console.WriteLine($"{Path.GetFileName(file.Files[0])}: GGUF, {file.Tensors.Count} tensors, {file.Weights:n0} numbers, {file.BitsPerWeight:0.00} " +
            $"bits each{(file.Files.Count > 1 ? $", {file.Files.Count} parts" : "")}");
        foreach (var type in file.Tensors.GroupBy(tensor => tensor.Type))
        {
            Console.WriteLine($"{type.Key,-8} {type.Count()} {(type.Count() == 1 ? "tensor" : "tensors")}, {type.Sum(tensor => tensor.Weights):n0} numbers, {type.First().BitsPerWeight:0.00##} bits each");
        }

        Console.WriteLine();
        Columns.Print(["key", "type", "value"], file.Keys.Select(key => new[] { key.Name, key.Type, key.Value.Length <= 100 ? key.Value : key.Value[..97] + "..." }));
        Console.WriteLine();
        Columns.Print(["tensor", "shape", "type"], file.Tensors.Select(tensor => new[] { tensor.Name, $"[{string.Join(", ", tensor.Shape)}]", tensor.Type }));
        Console.WriteLine();
        foreach (var note in file.Notes)
        {
            Console.WriteLine($"note: {note}");
        }

        Console.WriteLine(file.Refusal is { } refusal ? $"not importable: {refusal}" : $"next:  pluginlens import {path} <new folder>");
    }
}
