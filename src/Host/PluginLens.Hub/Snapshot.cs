using System.Globalization;
using System.Net;

namespace PluginLens.Hub;

/// <summary>The files of one commit: what the cache lacks is fetched.</summary>
/// <param name="settings">What is allowed.</param>
/// <param name="surroundings">The machine.</param>
/// <param name="cache">The repository in the cache.</param>
/// <param name="client">Asks the hub.</param>
/// <param name="refusal">What its refusals mean.</param>
/// <param name="asked">Repository and revision.</param>
/// <param name="listing">What there is.</param>
internal sealed class Snapshot(HubSettings settings, HubSurroundings surroundings, HubCache cache, HubClient client, Refusal refusal, Asked asked, Listing listing)
{
    /// <summary>Sees to it that files lie in the cache, whole.</summary>
    /// <param name="files">Files of the listing, or what should be there.</param>
    /// <param name="progress">Told bytes.</param>
    /// <param name="cancellation">Stops; what came is kept.</param>
    public async Task RequireAsync(IReadOnlyList<HubFile> files, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var missing = new List<HubFile>();
        foreach (var file in files.Where(file => !cache.Has(listing.Commit, file)))
        {
            missing.Add(await KnownAsync(file, cancellation).ConfigureAwait(false));
        }

        var absent = missing.Where(file => !cache.HasBlob(file)).ToList();
        RequireSpace(absent);
        var (total, done) = (absent.Sum(file => file.Size!.Value), 0L);
        foreach (var file in missing)
        {
            var isNew = !cache.HasBlob(file) && await new Download(client, settings, surroundings, refusal)
                .RunAsync(file, asked.FileAddress(settings.Endpoint, listing.Commit, file.Path), cache.Blob(file.Id!), () => cache.HasBlob(file) || cache.Has(listing.Commit, file), Report, cancellation)
                .ConfigureAwait(false);
            done += absent.Contains(file) ? file.Size!.Value : 0;
            if (!cache.Has(listing.Commit, file))
            {
                cache.Link(listing.Commit, file, isNew);
            }
        }

        void Report(long bytes, string what) => progress?.Report(new Progress(done + bytes, total, $"{what}, {ByteCount.Of(done + bytes)} of {ByteCount.Of(total)}"));
    }

    /// <summary>A file with size and id: from the listing, else from what the hub answers to a question for its head.</summary>
    private async Task<HubFile> KnownAsync(HubFile file, CancellationToken cancellation)
    {
        if (settings.OfflineBy is { } variable)
        {
            throw new ModelException($"The cache '{settings.Cache}' has {asked.Repository} at {asked.Revision} without '{file.Path}', and {variable} forbids to fetch it: unset that.");
        }

        if (!listing.Files.Contains(file))
        {
            throw new ModelException($"{asked.Repository} has no '{file.Path}' at {asked.Revision}, which belongs to its weights: the repository is not complete.");
        }

        for (var patience = new Patience(surroundings.Delay); !file.IsKnown;)
        {
            try
            {
                file = await HeadAsync(file, cancellation).ConfigureAwait(false);
            }
            catch (TransferException failure)
            {
                await patience.AfterAsync(failure, cancellation).ConfigureAwait(false);
            }
        }

        return file;
    }

    private async Task<HubFile> HeadAsync(HubFile file, CancellationToken cancellation)
    {
        using var response = await client.SendAsync(HttpMethod.Head, asked.FileAddress(settings.Endpoint, listing.Commit, file.Path), 0, settings.AnswerTimeout, cancellation).ConfigureAwait(false);
        if ((int)response.StatusCode >= (int)HttpStatusCode.BadRequest)
        {
            throw refusal.Of(response, file.Path);
        }

        var id = (Header(HubClient.LinkedId) ?? Header("ETag"))?.Replace("W/", string.Empty, StringComparison.Ordinal).Trim('"');
        var size = long.TryParse(Header("X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var linked) ? linked
            : response.StatusCode == HttpStatusCode.OK ? response.Content.Headers.ContentLength : null;
        return (file.Id ?? id, file.Size ?? size) is ({ } known, >= 0 and <= HubFile.MostBytes and { } length) && HubFile.IsId(known)
            ? file with { Id = known, Size = length }
            : throw new ModelException(
                $"{settings.Site} says neither in its list nor in its answers what size and hash '{file.Path}' has, so nobody could tell whether it came whole: take another HF_ENDPOINT.");

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
    }

    private void RequireSpace(List<HubFile> absent)
    {
        if (absent.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(settings.Cache);
        var needed = absent.Sum(file => Math.Max(0, file.Size!.Value - PartFile.LengthOf(cache.Blob(file.Id!))));
        if (surroundings.FreeBytes(settings.Cache) is { } free && needed > free)
        {
            throw new ModelException(
                $"{ByteCount.Of(needed)} are still to be fetched, {ByteCount.Of(free)} are free in '{settings.Cache}': make room, or name a folder on another disk in HF_HUB_CACHE.");
        }
    }
}
