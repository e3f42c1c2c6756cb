using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginLens.Models.Format.Canonical;

/// <summary>Reads the lines <c>name [dims] = Op(input, input; attr=value)</c> of a template.</summary>
internal sealed partial class TemplateNodeReader
{
    private readonly Dictionary<string, TemplateConstant> _literals = [];

    public List<TemplateNode> Nodes { get; } = [];

    public List<TemplateConstant> Constants { get; } = [];

    public List<KeyValuePair<string, IReadOnlyList<string>>> Hooks { get; } = [];

    public HashSet<string> IntegerHooks { get; } = [];

    public void Read(string line)
    {
        var equals = line.IndexOf(" = ", StringComparison.Ordinal);
        var (target, call) = (line[..equals], line[(equals + 3)..]);
        string[] outputs = [.. target.Split(", ").Select(Declare)];
        var parenthesis = call.IndexOf('(', StringComparison.Ordinal);
        var inside = call[(parenthesis + 1)..^1];
        var semicolon = inside.IndexOf("; ", StringComparison.Ordinal);
        var inputs = semicolon < 0 ? inside : inside[..semicolon];
        Nodes.Add(new TemplateNode(
            call[..parenthesis],
            [.. InputComma().Split(inputs).Select(input => Operand(input.Trim()))],
            outputs,
            Attributes(semicolon < 0 ? "" : inside[(semicolon + 2)..])));
    }

    /// <summary>The name of an output, noted as a hook where it has dims.</summary>
    private string Declare(string target)
    {
        var open = target.IndexOf(" [", StringComparison.Ordinal);
        if (open < 0)
        {
            return target;
        }

        var (name, dims) = (target[..open], target[(open + 2)..^1].Split(' '));
        if (dims[0] == "i64")
        {
            IntegerHooks.Add(name);
            dims = dims[1..];
        }

        if (dims is not ["none"])
        {
            Hooks.Add(new(name, dims));
        }

        return name;
    }

    private static Dictionary<string, object> Attributes(string text) =>
        text.Length == 0 ? [] : AttributeComma().Split(text).ToDictionary(
            attribute => attribute[..attribute.IndexOf('=', StringComparison.Ordinal)],
            attribute => AttributeValue(JsonDocument.Parse(attribute[(attribute.IndexOf('=', StringComparison.Ordinal) + 1)..]).RootElement));

    private static object AttributeValue(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number when json.TryGetInt64(out var integer) => integer,
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString()!,
        JsonValueKind.Array => json.EnumerateArray().Select(entry => entry.GetInt64()).ToArray(),
        _ => throw new InvalidOperationException($"The template has the attribute value '{json}'; expected a number, a string or a list of integers."),
    };

    private string Operand(string name)
    {
        var match = Literal().Match(name);
        if (!match.Success)
        {
            return name;
        }

        var (isInteger, rank) = (match.Groups[1].Value == "i64", match.Groups[2].Value == "(" ? 0 : 1);
        double[] values = [.. match.Groups[3].Value.Split(',').Select(v => Number(v.Trim()))];
        // Keyed by value: 1 and 1.0, 1e-5 and 0.00001 are the same constant.
        var key = $"{isInteger} {rank} {string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}";
        if (!_literals.TryGetValue(key, out var constant))
        {
            constant = new TemplateConstant($"const.{Constants.Count}", isInteger, rank, values);
            _literals.Add(key, constant);
            Constants.Add(constant);
        }

        return constant.Name;
    }

    private static double Number(string text) => text switch
    {
        "-inf" => double.NegativeInfinity,
        "inf" => double.PositiveInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@",\s*(?![^\[(]*[\])])")]
    private static partial Regex InputComma();

    [GeneratedRegex(@",\s*(?=\w+=)")]
    private static partial Regex AttributeComma();

    [GeneratedRegex(@"^(i64|f32)([\[(])(.*)[\])]$")]
    private static partial Regex Literal();
}
