using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Report;

/// <summary>
/// The page around the data: a policy that allows the scripts and styles in it by their hashes and no network at all; data as elements that are no scripts; the code last.
/// </summary>
internal sealed class PageWriter : IDisposable
{
    private static readonly string[] Code = ["data.js", "text.js", "colors.js", "tip.js", "dom.js", "matrix.js", "figures.js", "heads.js", "neurons.js", "charts.js", "tables.js", "page.js"];
    private readonly StreamWriter _output;
    private readonly string _libraries = Resource("libraries.min.js");
    private readonly string _code = $"'use strict';\n{string.Concat(Code.Select(Resource))}";
    private int _blobs;

    /// <summary>Writes what comes before the data.</summary>
    /// <param name="output">Receives the page.</param>
    /// <param name="title">What it is about.</param>
    public PageWriter(Stream output, string title)
    {
        _output = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        var style = Resource("libraries.min.css") + Resource("page.css");
        var name = title.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
        _output.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {Hash(_libraries)} {Hash(_code)}; style-src {Hash(style)}; img-src data: blob:; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{name} · PluginLens</title>
            <style>{style}</style>
            </head>
            <body>
            <noscript>This report draws its tables and figures with JavaScript, which is off here.</noscript>

            """);
    }

    /// <summary>Writes data under a name of its own.</summary>
    /// <param name="base64">The data.</param>
    /// <returns>The name.</returns>
    public string Write(string base64)
    {
        var name = $"b{_blobs++}";
        Write(name, base64);
        return name;
    }

    /// <summary>Writes data under a given name.</summary>
    /// <param name="name">Letters and digits.</param>
    /// <param name="base64">The data.</param>
    public void Write(string name, string base64) => _output.Write($"<script type=\"text/plain\" id=\"data-{name}\">{base64}</script>\n");

    /// <summary>Writes what comes after the data.</summary>
    public void Finish() => _output.Write($"<script>{_libraries}</script>\n<script>{_code}</script>\n</body>\n</html>\n");

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();

    /// <summary>A file of the assembly with the line ends that a browser hashes.</summary>
    private static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
