using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Report;

/// <summary>What stands around the data of a page: a policy that allows the scripts and styles in it by their hashes and nothing else; the views' code last.</summary>
internal sealed class PageFrame
{
    private static readonly string[] Views = ["data.js", "text.js", "colors.js", "tip.js", "dom.js", "matrix.js", "figures.js", "heads.js", "neurons.js", "charts.js", "tables.js", "page.js"];
    private readonly string _libraries = Resource("libraries.min.js");
    private readonly string _code;
    private readonly string _style;

    /// <summary>Puts it together.</summary>
    /// <param name="code">What begins the page, behind the views.</param>
    /// <param name="style">Styles of its own, behind those of the views.</param>
    /// <param name="allowed">What the policy allows beside them.</param>
    public PageFrame(string code, string style = "", string allowed = "")
    {
        _code = $"'use strict';\n{string.Concat(Views.Select(Resource))}{code}";
        _style = Resource("libraries.min.css") + Resource("page.css") + style;
        Policy = $"default-src 'none'; script-src {Hash(_libraries)} {Hash(_code)}; style-src {Hash(_style)}; img-src data: blob:; {allowed}base-uri 'none'; form-action 'none'";
    }

    /// <summary>The policy.</summary>
    public string Policy { get; }

    /// <summary>What comes after the data.</summary>
    public string Tail => $"<script>{_libraries}</script>\n<script>{_code}</script>\n</body>\n</html>\n";

    /// <summary>What comes before the data.</summary>
    /// <param name="title">What the page is about.</param>
    /// <param name="more">Elements of the head.</param>
    public string Head(string title, string more = "") => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{Policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)} · PluginLens</title>{more}
        <style>{_style}</style>
        </head>
        <body>
        <noscript>This page draws its tables and figures with JavaScript, which is off here.</noscript>

        """.ReplaceLineEndings("\n");

    /// <summary>A file of the assembly with the line ends that a browser hashes.</summary>
    /// <param name="name">Its name.</param>
    public static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
