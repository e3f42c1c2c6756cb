using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace PluginLens.Hub;

/// <summary>What an answer that is no success means, and what to do.</summary>
/// <param name="settings">The hub that was asked.</param>
/// <param name="asked">What was asked.</param>
/// <param name="time">For a date to wait for.</param>
internal sealed partial class Refusal(HubSettings settings, Asked asked, TimeProvider time)
{
    /// <summary>Who may have answered in place of the hub.</summary>
    public const string NotTheHub = "a proxy or a sign-in page may stand between, or HF_ENDPOINT is no hub";

    /// <summary>The exception for an answer.</summary>
    /// <param name="response">An answer.</param>
    /// <param name="file">The file that was asked for; null for the listing.</param>
    public Exception Of(HttpResponseMessage response, string? file)
    {
        var code = Header(response, "X-Error-Code");
        return response.StatusCode switch
        {
            _ when code == "GatedRepo" => new ModelException($"{asked.Repository} is gated: accept its terms at {settings.Site}/{asked.Repository}, then give a token of that account ({settings.TokenSource}{(settings.Token is null ? string.Empty : " has none that was let in")})."),
            _ when code == "RevisionNotFound" => new ModelException($"{asked.Repository} has no revision '{asked.Revision}'; --revision takes a branch, a tag or a whole commit hash, and without it main is taken."),
            _ when code == "EntryNotFound" => new ModelException($"{asked.Repository} has no file '{file}' at {asked.Revision}, although it is listed; try again later."),
            _ when Message(response).Contains("is disabled", StringComparison.Ordinal) => new ModelException($"The hub has disabled access to {asked.Repository}; take another repository."),
            HttpStatusCode.Unauthorized when settings.Token is not null && code != "RepoNotFound" => new ModelException($"The hub does not accept the token in {settings.TokenSource}: make a new one at {settings.Site}/settings/tokens, or take it away."),
            HttpStatusCode.Unauthorized or HttpStatusCode.NotFound when code == "RepoNotFound" || file is null => new ModelException($"{settings.Site} has no repository '{asked.Repository}', or it is private: look at the name; a private one needs a token ({settings.TokenSource}{(settings.Token is null ? string.Empty : " has one that may not read it")}). Nor is there such a file or folder here."),
            HttpStatusCode.TooManyRequests => new TransferException($"The hub is asked too often from here (429): try again {Later(response)}{(settings.Token is null ? "; with a token (HF_TOKEN) more is allowed" : string.Empty)}; what was fetched is kept.", Wait(response)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new TransferException($"{response.RequestMessage!.RequestUri!.Host} answers {(int)response.StatusCode}: try again {Later(response)}; what was fetched is kept.", Wait(response)),
            HttpStatusCode.ProxyAuthenticationRequired => new ModelException("The proxy wants a name and a password (407): put them into HTTPS_PROXY, as http://name:password@host:port."),
            _ => new ModelException($"{response.RequestMessage!.RequestUri!.Host} answers {(int)response.StatusCode}{(Message(response) is { Length: > 0 } message ? $" ({message})" : string.Empty)} to {file ?? asked.Repository.ToString()}: {NotTheHub}."),
        };
    }

    /// <summary>The exception for an answer that claims success and is something else.</summary>
    /// <param name="response">An answer.</param>
    /// <param name="file">The file that was asked for; null for the listing.</param>
    /// <param name="expected">What should have come.</param>
    public static ModelException Strange(HttpResponseMessage response, string? file, string expected)
    {
        var kind = response.Content.Headers.ContentType?.MediaType ?? "no type";
        var size = response.Content.Headers.ContentLength is { } length ? $", {ByteCount.Of(length)}" : string.Empty;
        return new ModelException($"{response.RequestMessage!.RequestUri!.Host} answers {(kind == "text/html" ? "with a web page" : "with something else")} ({kind}{size}) in place of {file ?? "the list of files"} ({expected}): {NotTheHub}. Nothing of it was kept.");
    }

    private static string Message(HttpResponseMessage response) => Header(response, "X-Error-Message") is { Length: > 200 } message ? message[..200] : Header(response, "X-Error-Message");

    private static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(' ', values).ReplaceLineEndings(" ") : string.Empty;

    private string Later(HttpResponseMessage response) => Wait(response) is { TotalSeconds: > 1 } wait ? $"in {(wait.TotalMinutes > 2 ? $"{Math.Ceiling(wait.TotalMinutes)} minutes" : $"{Math.Ceiling(wait.TotalSeconds)} s")}" : "later";

    private TimeSpan? Wait(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - time.GetUtcNow()
            : WindowEnd().Match(Header(response, "RateLimit")) is { Success: true } match ? TimeSpan.FromSeconds(1 + int.Parse(match.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture))
            : null;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>The hub counts requests in windows, and says with each answer in how many seconds the next begins: <c>"api";r=0;t=55</c>.</summary>
    [GeneratedRegex(@";\s*t=(?<seconds>\d{1,6})\b")]
    private static partial Regex WindowEnd();
}
