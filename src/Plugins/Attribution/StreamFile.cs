using System.Globalization;
using System.Text;

namespace PluginLens.Plugins.Attribution;

/// <summary>The whole table as CSV, a term a line with its weight at every token, written as the terms come: nothing of it is held.</summary>
/// <param name="stream">Receives it.</param>
/// <param name="model">The model.</param>
/// <param name="tokens">The text, <c>[pos]</c>.</param>
internal sealed class StreamFile(Stream stream, Model model, int[] tokens) : IDisposable
{
    private readonly StreamWriter _writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };

    /// <summary>Writes the header: a column for each token, named as figures name them.</summary>
    public void Begin() => _writer.WriteLine(string.Join(',', new[] { "kind", "layer", "index", "source", "token", "reads", "writes" }.Concat(PromptLabels.Of(model, tokens, Enumerable.Range(0, tokens.Length))).Select(Quoted)));

    /// <summary>Writes a term.</summary>
    /// <param name="block">Its block.</param>
    /// <param name="row">Which term.</param>
    /// <param name="reads">Words that it reads; null = none were made.</param>
    /// <param name="writes">Words that it writes.</param>
    public void Add(StreamBlock block, int row, TokenList? reads, TokenList? writes)
    {
        var source = block.Source(row);
        _writer.Write(string.Join(
            ',', StreamTable.Said(block.Kind), Number(block.Layer), Number(block.Index(row)), Number(source), source is { } at ? Quoted(model.Token(tokens[at]).Text) : string.Empty,
            Quoted(reads?.Text(model) ?? string.Empty), Quoted(writes?.Text(model) ?? string.Empty)));
        Span<char> digits = stackalloc char[32];
        for (var position = 0; position < tokens.Length; position++)
        {
            block.Weight(position, row).TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
            _writer.Write(',');
            _writer.Write(digits[..length]);
        }

        _writer.WriteLine();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
