using System.Globalization;
using System.Text;

namespace PluginLens.Plugins.HeadTables;

/// <summary>The print of the source, line by line: rules of 80 characters, items in rows of at most 78.</summary>
internal sealed class TableDocument
{
    private const int Rule = 80;
    private const int RowWidth = 78;
    private readonly StringBuilder _text = new();

    /// <summary>Whatever was printed.</summary>
    public StringBuilder Text => _text;

    /// <summary>The heading of a layer.</summary>
    /// <param name="layer">Layer.</param>
    public void Layer(int layer) => Heading('#', $"# LAYER {layer}");

    /// <summary>The heading of a head.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Head.</param>
    /// <param name="model">Name of the model.</param>
    public void Head(int layer, int head, string model) => Heading('=', $"Head {layer}:{head} ({model})");

    /// <summary>A key with its queries and outputs.</summary>
    /// <param name="key">Its text.</param>
    /// <param name="queries">Text and score, in order.</param>
    /// <param name="outputs">Text and score, in order.</param>
    public void Key(string key, IEnumerable<(string Text, double Score)> queries, IEnumerable<(string Text, double Score)> outputs)
    {
        Heading('─', $"Key: {Quoted(key)}");
        Items("Queries that prefer key:", queries);
        Items("Effect on logits:", outputs);
    }

    private void Heading(char rule, string text) => _text.Append('\n').Append(rule, Rule).Append('\n').Append(text).Append('\n').Append(rule, Rule).Append('\n');

    private void Items(string title, IEnumerable<(string Text, double Score)> items)
    {
        _text.Append('\n').Append(title).Append('\n');
        var (line, length) = (string.Empty, 0);
        foreach (var (text, score) in items)
        {
            var item = string.Create(CultureInfo.InvariantCulture, $"{Quoted(text)} ({score:F2})");
            var width = item.EnumerateRunes().Count();
            if (length + width + 2 > RowWidth)
            {
                _text.Append(line).Append('\n');
                (line, length) = (item, width);
            }
            else
            {
                (line, length) = length == 0 ? (item, width) : ($"{line} {item}", length + 1 + width);
            }
        }

        _text.Append(length > 0 ? line + "\n" : string.Empty);
    }

    private static string Quoted(string text) => $"'{DocumentText.Repr(text)}'";
}
