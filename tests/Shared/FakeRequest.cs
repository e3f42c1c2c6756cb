using System.Text;

namespace PluginLens.Tests.Shared;

/// <summary>A request that the fake hub got.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Target">Path and query; the whole address where the client takes this server for a proxy.</param>
/// <param name="Headers">By name, any case.</param>
internal sealed record FakeRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>First byte that is asked for, or null.</summary>
    public long? From => Headers.TryGetValue("Range", out var range) ? long.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>Path and query, whatever came before.</summary>
    public string Path => Target[0] == '/' ? Target : new Uri(Target).PathAndQuery;

    /// <summary>Whether the request is for the content of a file, not for a redirect to it.</summary>
    public bool IsForContent => Path.StartsWith("/storage/", StringComparison.Ordinal) || Path.StartsWith("/api/resolve-cache/", StringComparison.Ordinal);
}

/// <summary>What the fake hub answers.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body.</param>
/// <param name="Headers">Further headers.</param>
internal sealed record FakeAnswer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    /// <summary>Bytes of the body that are sent before the connection ends, though more were promised.</summary>
    public int? CutAfter { get; init; }

    /// <summary>What is waited for behind these bytes.</summary>
    public Task? Hold { get; init; }

    /// <summary>Whether the length of the body is said beforehand.</summary>
    public bool SaysLength { get; init; } = true;

    /// <summary>A text.</summary>
    /// <param name="status">The status.</param>
    /// <param name="text">The body.</param>
    /// <param name="headers">Further headers.</param>
    public static FakeAnswer Text(int status, string text, params (string Name, string Value)[] headers) => new(status, Encoding.UTF8.GetBytes(text), headers);

    /// <summary>A refusal, as the hub writes it.</summary>
    /// <param name="status">The status.</param>
    /// <param name="code">X-Error-Code.</param>
    /// <param name="message">X-Error-Message.</param>
    public static FakeAnswer Refusal(int status, string? code, string message = "no") =>
        Text(status, string.Empty, [.. code is null ? Array.Empty<(string, string)>() : [("X-Error-Code", code)], ("X-Error-Message", message)]);
}
