using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginLens.Tests.Shared;

/// <summary>A server on this machine that speaks the hub's protocol, and fails as it is told to. One request a connection.</summary>
internal sealed class FakeHub : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly FakeRepository _repository;
    private readonly List<FakeRequest> _requests = [];

    /// <summary>Listens at once.</summary>
    /// <param name="repository">What lies there.</param>
    public FakeHub(FakeRepository repository)
    {
        _repository = repository;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        Storage = Address;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Where it says that the large files are.</summary>
    public Uri Storage { get; set; }

    /// <summary>An answer in place of the usual one, or null.</summary>
    public Func<FakeRequest, FakeAnswer?> Fault { get; set; } = _ => null;

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Goes down: nobody answers any more.</summary>
    public void Stop() => _listener.Stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await ReadAsync(stream) is not { } request)
                {
                    return;
                }

                lock (_requests)
                {
                    _requests.Add(request);
                }

                await SendAsync(stream, request, Fault(request) ?? _repository.Answer(request, Storage));
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        if ((await reader.ReadLineAsync(_end.Token))?.Split(' ') is not [var method, var target, _])
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new FakeRequest(method, target, headers);
    }

    private async Task SendAsync(NetworkStream stream, FakeRequest request, FakeAnswer answer)
    {
        var length = answer.SaysLength && !answer.Headers.Any(header => header.Name == "Content-Length") ? $"Content-Length: {answer.Body.Length}\r\n" : string.Empty;
        var head = $"HTTP/1.1 {answer.Status} Status\r\n{string.Concat(answer.Headers.Select(header => $"{header.Name}: {header.Value}\r\n"))}{length}Connection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), _end.Token);
        if (request.Method != "HEAD")
        {
            await stream.WriteAsync(answer.Body.AsMemory(0, answer.CutAfter ?? answer.Body.Length), _end.Token);
            await stream.FlushAsync(_end.Token);
        }

        await (answer.Hold ?? Task.CompletedTask).WaitAsync(_end.Token);
    }
}
