using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace PluginLens.Hub;

/// <summary>Asks the hub. The token goes to the endpoint's own address alone: redirects are followed here, and elsewhere without it.</summary>
internal sealed class HubClient : IDisposable
{
    /// <summary>The header that says what a large file is known by, before the way leads to where it lies.</summary>
    public const string LinkedId = "X-Linked-Etag";

    private const int MostRedirects = 10;
    private readonly HubSettings _settings;
    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    public HubClient(HubSettings settings, TimeProvider time)
    {
        (_settings, _time) = (settings, time);
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None }) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("pluginlens", typeof(HubClient).Assembly.GetName().Version!.ToString(3)));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Whether an address is the endpoint's: scheme, host and port.</summary>
    /// <param name="address">Any address.</param>
    public bool IsEndpoint(Uri address) => Uri.Compare(address, _settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>Sends a request and follows redirects; the answer's body is still to be read.</summary>
    /// <param name="method">GET or HEAD; HEAD ends with the answer that says what the file is, and stays with the endpoint.</param>
    /// <param name="address">Where.</param>
    /// <param name="from">First byte that is asked for; 0 = all.</param>
    /// <param name="timeout">How long to wait for each answer.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="TransferException">No answer came.</exception>
    /// <exception cref="ModelException">A redirect that is not followed.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, long from, TimeSpan timeout, CancellationToken cancellation)
    {
        for (var hops = 0; ; hops++)
        {
            var response = await SendOnceAsync(method, address, from, timeout, cancellation).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || response.Headers.Location is not { } location)
            {
                return response;
            }

            var next = new Uri(address, location);
            if (method == HttpMethod.Head && (!IsEndpoint(next) || response.Headers.Contains(LinkedId)))
            {
                return response;
            }

            response.Dispose();
            if (hops == MostRedirects || !(next.Scheme == Uri.UriSchemeHttps || (next.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttp)))
            {
                throw new ModelException($"{address.Host} redirects {(hops == MostRedirects ? "in a circle" : $"to {next.Scheme}:, which is not followed")}: {Refusal.NotTheHub}.");
            }

            address = next;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, long from, TimeSpan timeout, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, address);
        if (_settings.Token is { } token && IsEndpoint(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }

        using var late = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new TransferException(
                $"{address.Host} did not answer within {timeout.TotalSeconds:0.###} s; try again later, or wait longer (HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT: seconds).",
                isUnreachable: true, inner: error);
        }
        catch (HttpRequestException error) when (error.InnerException is AuthenticationException)
        {
            throw new ModelException(
                $"The connection to {address.Host} is not safe ({error.InnerException.Message}): a proxy that opens connections needs its certificate installed on this machine.", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new TransferException(
                $"Cannot reach {address.Host} ({error.Message.TrimEnd('.')}): look at the network, at HF_ENDPOINT, and at HTTPS_PROXY where a proxy is needed; " +
                "HF_HUB_OFFLINE=1 takes what is in the cache.", isUnreachable: true, inner: error);
        }
    }
}
