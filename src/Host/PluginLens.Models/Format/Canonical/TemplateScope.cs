using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PluginLens.Models.Format.Canonical;

/// <summary>Variables, parameters and metadata of a template, and the conditions on them.</summary>
internal sealed partial class TemplateScope(JsonObject metadata, IReadOnlySet<string> weights)
{
    private readonly JsonObject _keys = metadata.DeepClone().AsObject();
    private readonly List<Dictionary<string, JsonNode>> _scopes = [[]];

    /// <summary>Replaces every <c>{key}</c>, innermost first.</summary>
    public string Fill(string text)
    {
        while (true)
        {
            var filled = Placeholder().Replace(text, match => Text(Value(match.Groups[1].Value)));
            if (filled == text)
            {
                return text;
            }

            text = filled;
        }
    }

    public bool Holds(string condition) => condition.Split(" and ").All(term => Term(term.Trim()));

    public int Integer(string key) => Value(key)?.GetValue<int>()
        ?? throw new InvalidOperationException($"The template repeats '{key}' times, which the metadata do not have.");

    public void Let(string name, JsonNode value) => _scopes[0][name] = value;

    public void Default(string key, string json)
    {
        if (!_keys.ContainsKey(key))
        {
            _keys[key] = JsonNode.Parse(json);
        }
    }

    public void Push(IEnumerable<(string Parameter, string Argument)> arguments) =>
        _scopes.Add(arguments.ToDictionary(a => a.Parameter, a => (JsonNode)a.Argument));

    public void Pop() => _scopes.RemoveAt(_scopes.Count - 1);

    /// <summary><c>a</c>, or <c>a op b</c> of integers with <c>/</c> rounding down.</summary>
    public static JsonNode Calculate(string expression)
    {
        var parts = expression.Split(' ');
        if (parts.Length == 1)
        {
            return parts[0];
        }

        var (a, b) = (long.Parse(parts[0]), long.Parse(parts[2]));
        return parts[1] switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => (long)Math.Floor((double)a / b),
            var op => throw new InvalidOperationException($"The template calculates with '{op}'; expected +, -, * or /."),
        };
    }

    private bool Term(string term)
    {
        if (term.StartsWith("not ", StringComparison.Ordinal))
        {
            return !Term(term[4..]);
        }

        if (term.StartsWith("has ", StringComparison.Ordinal))
        {
            return weights.Contains(term[4..]);
        }

        var equals = term.IndexOf('=', StringComparison.Ordinal);
        var value = Value(equals < 0 ? term : term[..equals]);
        return equals >= 0
            ? value is not null && term[(equals + 1)..].Split('|').Contains(Text(value))
            : value is not null && value.GetValueKind() != JsonValueKind.False;
    }

    private JsonNode? Value(string key)
    {
        for (var i = _scopes.Count - 1; i >= 0; i--)
        {
            if (_scopes[i].TryGetValue(key, out var variable))
            {
                return variable;
            }
        }

        if (_keys.TryGetPropertyValue(key, out var whole))
        {
            return whole;
        }

        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 || !_keys.TryGetPropertyValue(key[..dot], out var found) ? null : found switch
        {
            JsonArray list => int.TryParse(key[(dot + 1)..], out var at) && at < list.Count ? list[at] : null,
            JsonObject map => map[key[(dot + 1)..]],
            _ => null,
        };
    }

    private static string Text(JsonNode? value) => value is JsonArray ? MetadataJson.Text(value).Trim('[', ']') : MetadataJson.Text(value);

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Placeholder();
}
