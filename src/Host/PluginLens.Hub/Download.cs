using System.Net;

namespace PluginLens.Hub;

/// <summary>Fetches one content to its place in the cache: resumed where it broke off, and put there only when size and hash are right.</summary>
/// <param name="client">Asks the hub.</param>
/// <param name="settings">How long to wait.</param>
/// <param name="surroundings">How to wait.</param>
/// <param name="refusal">What other answers mean.</param>
internal sealed class Download(HubClient client, HubSettings settings, HubSurroundings surroundings, Refusal refusal)
{
    private const int Piece = 1 << 17;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    /// <summary>Fetches a content; returns false where another process did.</summary>
    /// <param name="file">What it is; size and id are known.</param>
    /// <param name="address">Where the hub has it.</param>
    /// <param name="blob">Where it is to lie.</param>
    /// <param name="isThere">Whether it lies there by now.</param>
    /// <param name="report">Told how much of it there is, and what is being done.</param>
    /// <param name="cancellation">Stops; what came is kept.</param>
    /// <exception cref="ModelException">What came is not the file, or the hub refuses it.</exception>
    /// <exception cref="IOException">The way to the hub, or the disk, fails.</exception>
    public async Task<bool> RunAsync(HubFile file, Uri address, string blob, Func<bool> isThere, Action<long, string> report, CancellationToken cancellation)
    {
        while (true)
        {
            using var part = PartFile.TryHold(blob);
            if (part is null)
            {
                report(0, $"{file.Name}: waiting for another process that fetches it");
                await surroundings.Delay(Turn, cancellation).ConfigureAwait(false);
            }
            else if (isThere())
            {
                part.Delete();
                return false;
            }
            else
            {
                part.TakeUp(blob);
                if (await IsRightAsync(part, file, address, report, cancellation).ConfigureAwait(false) && part.Place(blob))
                {
                    return true;
                }
            }
        }
    }

    /// <summary>Fills the part and looks at its hash. A part that was begun earlier may have been damaged since: it gets a second chance, from zero.</summary>
    private async Task<bool> IsRightAsync(PartFile part, HubFile file, Uri address, Action<long, string> report, CancellationToken cancellation)
    {
        var isOld = part.Stream.Length > 0;
        await FillAsync(part.Stream, file, address, report, cancellation).ConfigureAwait(false);
        report(file.Size!.Value, $"{file.Name}: comparing its hash");
        var found = ContentId.Of(part.Stream, file.Id!, cancellation);
        if (found == file.Id)
        {
            return true;
        }

        part.Clear();
        return isOld ? false : throw new ModelException(
            $"'{file.Path}' came with the hash {found[..12]}…, the hub lists {file.Id![..12]}…: it was changed on the way, or the hub is mistaken. It was not kept; try again, or over another network.");
    }

    private async Task FillAsync(FileStream part, HubFile file, Uri address, Action<long, string> report, CancellationToken cancellation)
    {
        if (part.Length > file.Size)
        {
            part.SetLength(0);
        }

        var (patience, most) = (new Patience(surroundings.Delay), part.Length);
        while (part.Length < file.Size)
        {
            try
            {
                await TransferAsync(part, file, address, report, cancellation).ConfigureAwait(false);
            }
            catch (TransferException failure)
            {
                if (part.Length > most)
                {
                    most = part.Length;
                    patience.Renew();
                }

                await patience.AfterAsync(failure, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One request: the rest of the file is appended where the answer is just that, else the file begins again.</summary>
    private async Task TransferAsync(FileStream part, HubFile file, Uri address, Action<long, string> report, CancellationToken cancellation)
    {
        var (from, size) = (part.Length, file.Size!.Value);
        using var response = await client.SendAsync(HttpMethod.Get, address, from, settings.DownloadTimeout, cancellation).ConfigureAwait(false);
        if (from > 0 && (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && !IsRest(response, from, size))))
        {
            // The server has another idea of what is missing; what is there cannot be trusted to be the beginning.
            part.SetLength(0);
            return;
        }

        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent) || (response.StatusCode == HttpStatusCode.PartialContent && from == 0))
        {
            // An address elsewhere is signed for a while; the next try gets a new one.
            throw client.IsEndpoint(response.RequestMessage!.RequestUri!) ? refusal.Of(response, file.Path)
                : new TransferException($"{response.RequestMessage.RequestUri!.Host}, where the hub has '{file.Path}', answers {(int)response.StatusCode}: try again later; what was fetched is kept.");
        }

        var expected = response.StatusCode == HttpStatusCode.OK ? size : size - from;
        var isPage = response.Content.Headers.ContentType?.MediaType == "text/html" && !file.Name.EndsWith(".html", StringComparison.OrdinalIgnoreCase);
        if (isPage || (response.Content.Headers.ContentLength is { } length && length != expected))
        {
            throw Refusal.Strange(response, $"'{file.Path}'", ByteCount.Of(expected));
        }

        part.SetLength(response.StatusCode == HttpStatusCode.OK ? 0 : from);
        await AppendAsync(response, part, file, report, cancellation).ConfigureAwait(false);
    }

    private static bool IsRest(HttpResponseMessage response, long from, long size) =>
        response.Content.Headers.ContentRange is { Unit: "bytes" } range && range.From == from && range.To == size - 1 && (range.Length ?? size) == size;

    private async Task AppendAsync(HttpResponseMessage response, FileStream part, HubFile file, Action<long, string> report, CancellationToken cancellation)
    {
        var piece = new byte[Piece];
        using var late = new CancellationTokenSource(settings.DownloadTimeout, surroundings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        part.Position = part.Length;
        while (await ReadAsync(response, piece, file, either.Token, cancellation).ConfigureAwait(false) is > 0 and var read)
        {
            if (part.Length + read > file.Size)
            {
                throw Refusal.Strange(response, $"'{file.Path}'", ByteCount.Of(file.Size!.Value));
            }

            part.Write(piece, 0, read);
            report(part.Length, file.Name);
            late.CancelAfter(settings.DownloadTimeout);
        }

        if (part.Length < file.Size)
        {
            throw Broken(response, file, null);
        }
    }

    /// <summary>What the way to the hub does; a full disk is another matter and not tried again.</summary>
    private static async Task<int> ReadAsync(HttpResponseMessage response, byte[] piece, HubFile file, CancellationToken either, CancellationToken cancellation)
    {
        try
        {
            var body = await response.Content.ReadAsStreamAsync(either).ConfigureAwait(false);
            return await body.ReadAsync(piece, either).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Broken(response, file, error);
        }
    }

    private static TransferException Broken(HttpResponseMessage response, HubFile file, Exception? error) => new(
        $"The connection to {response.RequestMessage!.RequestUri!.Host} broke off in '{file.Path}', again and again: the same command goes on from there.", inner: error);
}
