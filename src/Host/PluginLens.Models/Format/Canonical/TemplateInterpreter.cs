using System.Text.Json.Nodes;

namespace PluginLens.Models.Format.Canonical;

/// <summary>
/// Reads the template of the canonical graph (<c>export-scripts/graph/model.graph</c>, which describes its language) for one model.
/// The exporter interprets the same text, so an imported and an exported model have the same graph, node for node.
/// </summary>
public sealed class TemplateInterpreter
{
    private readonly string[] _lines;
    private readonly TemplateScope _scope;
    private readonly TemplateNodeReader _reader;
    private readonly Dictionary<string, (string[] Parameters, int Start, int End)> _pieces = [];
    private readonly List<KeyValuePair<string, IReadOnlyList<string>>> _inputs = [];
    private string _output = "";

    private TemplateInterpreter(string template, JsonObject metadata, IReadOnlySet<string> weights)
    {
        _lines = [.. template.Split('\n').Select(line => line.Trim())];
        _scope = new TemplateScope(metadata, weights);
        _reader = new TemplateNodeReader();
    }

    /// <summary>The template that this assembly carries.</summary>
    public static string EmbeddedTemplate()
    {
        using var stream = typeof(TemplateInterpreter).Assembly.GetManifestResourceStream("model.graph")
            ?? throw new InvalidOperationException("The template of the canonical graph is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The canonical graph of a model.</summary>
    /// <param name="template">Text of the template.</param>
    /// <param name="metadata">The model's configuration, keys as in the metadata.</param>
    /// <param name="weights">Names of the weights that the model has.</param>
    public static TemplateGraph Interpret(string template, JsonObject metadata, IReadOnlySet<string> weights)
    {
        var interpreter = new TemplateInterpreter(template, metadata, weights);
        interpreter.Block(0, interpreter._lines.Length);
        var reader = interpreter._reader;
        return new TemplateGraph(reader.Nodes, reader.Constants, interpreter._inputs, reader.Hooks, reader.IntegerHooks, interpreter._output);
    }

    private void Block(int start, int stop)
    {
        for (var at = start; at < stop; at++)
        {
            var line = _lines[at];
            var word = FirstWord(line);
            if (word is "@if" or "@layers" or "@repeat" or "@def")
            {
                at = Nested(at, word, line);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                Line(word, _scope.Fill(line));
            }
        }
    }

    private int Nested(int at, string word, string line)
    {
        var (other, end) = Extent(at);
        if (word == "@def")
        {
            var (name, parameters) = Call(line[5..]);
            _pieces[name] = (parameters, at + 1, end);
        }
        else if (word == "@if")
        {
            if (_scope.Holds(_scope.Fill(line[4..])))
            {
                Block(at + 1, other);
            }
            else if (other < end)
            {
                Block(other + 1, end);
            }
        }
        else
        {
            var words = line.Split(' ');
            var (name, key) = word == "@layers" ? ("l", "n_layers") : (words[1], words[2]);
            var count = _scope.Integer(key);
            for (var i = 0; i < count; i++)
            {
                _scope.Let(name, i);
                Block(at + 1, end);
            }
        }

        return end;
    }

    /// <summary>Where the block that opens at a line has its @else (or its end) and its @end.</summary>
    private (int Other, int End) Extent(int at)
    {
        var depth = 0;
        int? other = null;
        for (var i = at; i < _lines.Length; i++)
        {
            var word = FirstWord(_lines[i]);
            depth += word switch
            {
                "@if" or "@layers" or "@repeat" or "@def" => 1,
                "@end" => -1,
                _ => 0,
            };
            if (word == "@else" && depth == 1)
            {
                other = i;
            }

            if (depth == 0)
            {
                return (other ?? i, i);
            }
        }

        throw new InvalidOperationException($"Line {at + 1} of the template, '{_lines[at]}', has no @end.");
    }

    private void Line(string word, string line)
    {
        switch (word)
        {
            case "@let":
                var (variable, expression) = Assignment(line[5..]);
                _scope.Let(variable, TemplateScope.Calculate(expression));
                break;
            case "@default":
                var (key, value) = Assignment(line[9..]);
                _scope.Default(key, value);
                break;
            case "@input":
                var open = line.IndexOf(" [", StringComparison.Ordinal);
                _inputs.Add(new(line[7..open], line[(open + 2)..^1].Split(' ')));
                break;
            case "@output":
                _output = line[8..];
                break;
            case "@use":
                var (name, arguments) = Call(line[5..]);
                var (parameters, start, end) = _pieces[name];
                _scope.Push(parameters.Zip(arguments));
                Block(start, end);
                _scope.Pop();
                break;
            default:
                _reader.Read(line);
                break;
        }
    }

    private static (string Name, string[] Arguments) Call(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        return (text[..open], [.. text[(open + 1)..].TrimEnd(')').Split(',').Select(a => a.Trim())]);
    }

    private static (string Name, string Value) Assignment(string text)
    {
        var at = text.IndexOf(" = ", StringComparison.Ordinal);
        return (text[..at], text[(at + 3)..]);
    }

    private static string FirstWord(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? line : line[..space];
    }
}
