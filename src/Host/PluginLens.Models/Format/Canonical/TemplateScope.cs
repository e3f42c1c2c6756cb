using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Models.Format.Canonical;

/// <summary>Variables, parameters and metadata of a template, and the conditions on them.</summary>
internal sealed partial class TemplateScope(JObject metadata, IReadOnlySet<string> weights)
{
    private readonly JObject _keys = (JObject)metadata.DeepClone();
    private readonly List<Dictionary<string, JToken>> _scopes = [[]];

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

    public int Integer(string key) => Value(key)?.Value<int>()
        ?? throw new InvalidOperationException($"The template repeats '{key}' times, which the metadata do not have.");

    public void Let(string name, JToken value) => _scopes[0][name] = value;

    public void Default(string key, string json)
    {
        if (!_keys.ContainsKey(key))
        {
            _keys[key] = JToken.Parse(json);
        }
    }

    public void Push(IEnumerable<(string Parameter, string Argument)> arguments) =>
        _scopes.Add(arguments.ToDictionary(a => a.Parameter, a => (JToken)a.Argument));

    public void Pop() => _scopes.RemoveAt(_scopes.Count - 1);

    /// <summary><c>a</c>, or <c>a op b</c> of integers with <c>/</c> rounding down.</summary>
    public static JToken Calculate(string expression)
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
            ? value != null && term[(equals + 1)..].Split('|').Contains(Text(value))
            : value != null && !(value.Type == JTokenType.Boolean && !value.Value<bool>());
    }

    private JToken? Value(string key)
    {
        for (var i = _scopes.Count - 1; i >= 0; i--)
        {
            if (_scopes[i].TryGetValue(key, out var variable))
            {
                return variable;
            }
        }

        if (_keys.TryGetValue(key, out var whole))
        {
            return Present(whole);
        }

        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 || !_keys.TryGetValue(key[..dot], out var found) ? null : found switch
        {
            JArray list => int.TryParse(key[(dot + 1)..], out var at) && at < list.Count ? Present(list[at]) : null,
            JObject map => Present(map[key[(dot + 1)..]]),
            _ => null,
        };
    }

    private static JToken? Present(JToken? value) => value is null || value.Type == JTokenType.Null ? null : value;

    private static string Text(JToken? value) =>
        value is null ? "null" : value.Type == JTokenType.String ? value.Value<string>()! : value.ToString(Formatting.None).Trim('[', ']');

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Placeholder();
}
