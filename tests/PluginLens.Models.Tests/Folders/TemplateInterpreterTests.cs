using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginLens.Models.Format.Canonical;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>The exporter's interpreter wrote down what it makes of the template for every golden checkpoint; this one makes the same of it.</summary>
public sealed class TemplateInterpreterTests
{
    public static IEnumerable<string> Graphs =>
        Directory.GetFiles(Path.Combine(Repository.Root, "tests", "Golden", "graphs"), "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)!)
            .Where(name => !name.EndsWith(".half", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Graphs))]
    public void Interpret_GoldenMetadata_GivesTheExportersGraph(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "Golden", "graphs", $"{name}.txt"));
        var metadata = JsonNode.Parse(lines[0]["metadata ".Length..])!.AsObject();
        var weights = lines.Where(l => l.StartsWith("weight ", StringComparison.Ordinal)).Select(l => l["weight ".Length..]).ToHashSet();
        var expected = lines.Skip(2).Where(l => l.Length > 0 && !l.StartsWith("weight ", StringComparison.Ordinal)).ToArray();

        var graph = TemplateInterpreter.Interpret(TemplateInterpreter.EmbeddedTemplate(), metadata, weights);

        Assert.That(Lines(graph).ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void Interpret_BlockWithoutEnd_NamesTheLine() =>
        Assert.That(
            () => TemplateInterpreter.Interpret("@if a\nx = Op(y)", [], new HashSet<string>()),
            Throws.InvalidOperationException.With.Message.Contains("Line 1").And.Message.Contains("no @end"));

    private static IEnumerable<string> Lines(TemplateGraph graph)
    {
        foreach (var (name, dims) in graph.Inputs)
        {
            yield return $"input {name} {Json(dims)}";
        }

        foreach (var (name, dims) in graph.Hooks)
        {
            yield return $"hook {name}{(graph.IntegerHooks.Contains(name) ? " i64" : "")} {Json(dims)}";
        }

        foreach (var constant in graph.Constants)
        {
            var values = constant.Values.Select(v => constant.IsInteger
                ? ((long)v).ToString(CultureInfo.InvariantCulture)
                : BitConverter.SingleToUInt32Bits((float)v).ToString("x8", CultureInfo.InvariantCulture));
            yield return $"{constant.Name} {(constant.IsInteger ? "i64" : "f32")} rank {constant.Rank}: {string.Join(' ', values)}";
        }

        foreach (var node in graph.Nodes)
        {
            var attributes = node.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $" {a.Key}={JsonSerializer.Serialize(a.Value, Plain)}");
            yield return $"{string.Join(", ", node.Outputs)} = {node.Op}({string.Join(", ", node.Inputs)}){string.Concat(attributes)}";
        }

        yield return $"output {graph.Output}";
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Json(IReadOnlyList<string> dims) => $"[{string.Join(", ", dims.Select(d => int.TryParse(d, out _) ? d : $"\"{d}\""))}]";
}
