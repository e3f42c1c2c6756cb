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
        var (code, status, host) = (Header(response, "X-Error-Code"), response.StatusCode, response.RequestMessage!.RequestUri!.Host);
        return code switch
        {
            "GatedRepo" => new ModelException(
                $"{asked.Repository} is gated: accept its terms at {settings.Site}/{asked.Repository}, then give a token of that account ({Token("was let in")})."),
            "RevisionNotFound" => new ModelException(
                $"{asked.Repository} has no revision '{asked.Revision}'; --revision takes a branch, a tag or a whole commit hash, and without it main is taken."),
            "EntryNotFound" => new ModelException($"{asked.Repository} has no file '{file}' at {asked.Revision}, although it is listed; try again later."),
            _ when Message(response).Contains("is disabled", StringComparison.Ordinal) => new ModelException($"The hub has disabled access to {asked.Repository}; take another repository."),
            _ when status == HttpStatusCode.Unauthorized && settings.Token is not null && code != "RepoNotFound" => new ModelException(
                $"The hub does not accept the token in {settings.TokenSource}: make a new one at {settings.Site}/settings/tokens, or take it away."),
            _ when status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound && (code == "RepoNotFound" || file is null) => new ModelException(
                $"{settings.Site} has no repository '{asked.Repository}', or it is private: look at the name; a private one needs a token ({Token("may read it")}). " +
                "Nor is there such a file or folder here."),
            _ when status == HttpStatusCode.TooManyRequests => new TransferException(
                $"The hub is asked too often from here (429): try again {Later(response)}{(settings.Token is null ? "; with a token (HF_TOKEN) more is allowed" : string.Empty)}; " +
                "what was fetched is kept.", Wait(response)),
            _ when status is HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new TransferException(
                $"{host} answers {(int)status}: try again {Later(response)}; what was fetched is kept.", Wait(response)),
            _ when status == HttpStatusCode.ProxyAuthenticationRequired => new ModelException(
                "The proxy wants a name and a password (407): put them into HTTPS_PROXY, as http://name:password@host:port."),
            _ => new ModelException($"{host} answers {(int)status}{(Message(response) is { Length: > 0 } said ? $" ({said})" : string.Empty)} to {file ?? asked.Repository.ToString()}: {NotTheHub}."),
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
        return new ModelException(
            $"{response.RequestMessage!.RequestUri!.Host} answers {(kind == "text/html" ? "with a web page" : "with something else")} ({kind}{size}) " +
            $"in place of {file ?? "the list of files"} ({expected}): {NotTheHub}. Nothing of it was kept.");
    }

    private static string Message(HttpResponseMessage response) => Header(response, "X-Error-Message") is var message && message.Length > 200 ? message[..200] : message;

    private static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(' ', values) : string.Empty;

    private string Token(string what) => settings.Token is null ? settings.TokenSource : $"the one in {settings.TokenSource} is none that {what}";

    private string Later(HttpResponseMessage response) => Wait(response) switch
    {
        { TotalMinutes: > 2 } wait => $"in {Math.Ceiling(wait.TotalMinutes)} minutes",
        { TotalSeconds: > 1 } wait => $"in {Math.Ceiling(wait.TotalSeconds)} s",
        _ => "later",
    };

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
