namespace PluginLens.Hub;

/// <summary>A file of a repository at one commit.</summary>
/// <param name="Path">Its path, with slashes.</param>
/// <param name="Size">Bytes; null where the listing does not say.</param>
/// <param name="Id">What its content is known by, lower-case hex: SHA-256 (64 digits) of a large file, the git blob id (40) of a small one; null where the listing does not say.</param>
internal sealed record HubFile(string Path, long? Size, string? Id)
{
    /// <summary>More than a file can have: a size beyond it is none.</summary>
    public const long MostBytes = 1L << 50;

    /// <summary>Whether size and id are known.</summary>
    public bool IsKnown => Size is not null && Id is not null;

    /// <summary>The last part of its path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The rest of its path, empty or with a slash at its end.</summary>
    public string Folder => Path[..(Path.LastIndexOf('/') + 1)];

    /// <summary>Its path, with its size where that is known.</summary>
    public string Shown => Size is { } size ? $"{Path} ({ByteCount.Of(size)})" : Path;

    /// <summary>Whether a text is what a content is known by.</summary>
    /// <param name="id">Any text.</param>
    public static bool IsId(string? id) => id is { Length: 40 or 64 } && id.All(char.IsAsciiHexDigitLower);
}
