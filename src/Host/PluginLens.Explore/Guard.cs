using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace PluginLens.Explore;

/// <summary>
/// Who may ask: the page that this server gave, opened with the address that the program printed. A page of somebody else whose name was made to point here (DNS rebinding) has another Host;
/// one that sends requests from another site has another Origin, and neither knows the token.
/// </summary>
/// <param name="token">In the address that was printed.</param>
/// <param name="policy">Content-Security-Policy of everything that is answered.</param>
internal sealed class Guard(string token, string policy)
{
    /// <summary>What the page sends the token in; no form and no link can.</summary>
    public const string Header = "X-PluginLens-Token";

    private readonly byte[] _token = Encoding.ASCII.GetBytes(token);

    /// <summary>A token that nobody guesses: 256 bits.</summary>
    public static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Passes a request on, or refuses it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">What answers it.</param>
    public Task Check(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = $"{policy}; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return Refusal(context.Request) is { } refusal ? Answer.Line(context, StatusCodes.Status403Forbidden, refusal) : next(context);
    }

    private string? Refusal(HttpRequest request)
    {
        // Whatever the port: it is another one at the near end of a tunnel.
        if (request.Host.Host is not ("127.0.0.1" or "localhost"))
        {
            return "This page is there for 127.0.0.1 alone.";
        }

        if (request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{request.Host.Value}")
        {
            return "This was asked by a page of another origin.";
        }

        var given = request.Path == "/" ? request.Query["token"].ToString() : request.Headers[Header].ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _token) ? null : "The token is lacking or another one: open the address that 'pluginlens explore' printed.";
    }
}
