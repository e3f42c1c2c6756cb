using System.Globalization;
using PluginLens.Files;

namespace PluginLens.Hub;

/// <summary>What the environment says of the hub: the variables of the usual client, with its defaults.</summary>
public sealed record HubSettings
{
    private const string DefaultEndpoint = "https://huggingface.co";
    private const int DefaultSeconds = 10;

    /// <summary>Where repositories are asked for, without a slash at its end.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Folder of the cache.</summary>
    public required string Cache { get; init; }

    /// <summary>Sent to the endpoint's host alone; null = none.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token comes from, for messages; or why there is none.</summary>
    public required string TokenSource { get; init; }

    /// <summary>The variable that forbids the network, or null.</summary>
    public string? OfflineBy { get; init; }

    /// <summary>How long to wait for an answer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

    /// <summary>How long to wait for the next byte of a file.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

    /// <summary>Whether a snapshot's files are links to their content; else they are the content.</summary>
    public bool MakesLinks { get; init; } = true;

    /// <summary>The endpoint as messages name it.</summary>
    internal string Site => Endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    /// <summary>Reads the environment.</summary>
    /// <param name="variable">The value of a variable, or null.</param>
    /// <exception cref="UsageException">A variable has a value that cannot be meant.</exception>
    public static HubSettings FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? Value(string name) => variable(name) is { } text && text.Trim() is { Length: > 0 } value ? value : null;
        var home = Value("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string Folder(string path) => Path.GetFullPath(path is "~" or ['~', '/' or '\\', ..] ? home + path[1..] : path);
        var hubHome = Folder(Value("HF_HOME") ?? Path.Combine(Value("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface"));
        var (token, source) = ReadToken(Value, Folder(Value("HF_TOKEN_PATH") ?? Path.Combine(hubHome, "token")));
        return new HubSettings
        {
            Endpoint = ReadEndpoint(Value("HF_ENDPOINT") ?? DefaultEndpoint),
            Cache = Folder(Value("HF_HUB_CACHE") ?? Path.Combine(hubHome, "hub")),
            Token = token,
            TokenSource = source,
            OfflineBy = new[] { "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE" }.FirstOrDefault(name => IsTrue(Value(name))),
            AnswerTimeout = Seconds("HF_HUB_ETAG_TIMEOUT", Value("HF_HUB_ETAG_TIMEOUT")),
            DownloadTimeout = Seconds("HF_HUB_DOWNLOAD_TIMEOUT", Value("HF_HUB_DOWNLOAD_TIMEOUT")),
            MakesLinks = !IsTrue(Value("HF_HUB_DISABLE_SYMLINKS")),
        };
    }

    private static Uri ReadEndpoint(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.Query.Length == 0 && uri.UserInfo.Length == 0
            ? uri
            : throw new UsageException("HF_ENDPOINT is no address of a hub; expected one like https://host, without a name, password or query in it.");

    /// <summary>The token is never shown, whatever is wrong with it.</summary>
    private static (string? Token, string Source) ReadToken(Func<string, string?> value, string path)
    {
        if (IsTrue(value("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
        {
            return (null, "none is sent, for HF_HUB_DISABLE_IMPLICIT_TOKEN is set");
        }

        var (token, source) = value("HF_TOKEN") is { } set ? (set, "HF_TOKEN") : File.Exists(path) ? (RegularFile.Text(path, SizeLimit.Line).Trim(), $"the file '{path}'") : (string.Empty, string.Empty);
        return token.Length == 0
            ? (null, "none is set: HF_TOKEN")
            : token.All(c => c is > ' ' and <= '~') ? (token, source) : throw new UsageException($"The token in {source} has characters that no token has; copy it again.");
    }

    private static TimeSpan Seconds(string name, string? text)
    {
        if (text is null)
        {
            return TimeSpan.FromSeconds(DefaultSeconds);
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86400
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"{name} is '{text}'; expected a number of seconds.");
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
