using System.Text;

namespace PluginLens.Report;

/// <summary>The page around the data: data as elements that are no scripts, between the two parts of its frame.</summary>
internal sealed class PageWriter : IDisposable
{
    private readonly StreamWriter _output;
    private readonly PageFrame _frame = new(PageFrame.Resource("report.js"));

    /// <summary>Writes what comes before the data.</summary>
    /// <param name="output">Receives the page.</param>
    /// <param name="title">What it is about.</param>
    public PageWriter(Stream output, string title)
    {
        _output = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        _output.Write(_frame.Head(title));
    }

    /// <summary>Writes data under a name.</summary>
    /// <param name="name">Letters and digits.</param>
    /// <param name="base64">The data.</param>
    public void Write(string name, string base64) => _output.Write($"<script type=\"text/plain\" id=\"data-{name}\">{base64}</script>\n");

    /// <summary>Writes what comes after the data.</summary>
    public void Finish() => _output.Write(_frame.Tail);

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();
}
