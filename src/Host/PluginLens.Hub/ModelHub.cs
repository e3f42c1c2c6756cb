using System.Net;
using System.Text.Json;
using PluginLens.Files;

namespace PluginLens.Hub;

/// <summary>Fetches what an import needs of a repository into the cache that the usual clients share.</summary>
/// <param name="settings">Where the hub and the cache are, and what is allowed.</param>
public sealed class ModelHub(HubSettings settings)
{
    private const long MostListing = 64 << 20;

    /// <summary>What tests put something else in place of.</summary>
    internal HubSurroundings Surroundings { get; init; } = new();

    /// <summary>Fetches a model. Files that lie in the cache are taken from there; the commit that a revision means is asked for once, and every file fetched at that commit.</summary>
    /// <param name="repository">Its name.</param>
    /// <param name="revision">A branch, a tag or a commit; null = main.</param>
    /// <param name="pattern">Which file is meant, where there are several models; <c>*</c> and <c>?</c> stand for any text and any character.</param>
    /// <param name="tokenizerFiles">Names of the tokenizer files that belong to a checkpoint; <c>*</c> stands for any text.</param>
    /// <param name="progress">Told bytes.</param>
    /// <param name="cancellation">Stops; what came is kept.</param>
    /// <exception cref="UsageException">The revision cannot be one.</exception>
    /// <exception cref="ModelException">The hub does not have it or does not give it, or what came is not what it lists.</exception>
    /// <exception cref="IOException">The way to the hub, or the disk, fails.</exception>
    /// <exception cref="DownloadStoppedException">It was stopped.</exception>
    public FetchedModel Fetch(RepositoryName repository, string? revision, string? pattern, IReadOnlyList<string> tokenizerFiles, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(tokenizerFiles);
        try
        {
            return FetchAsync(Asked.Of(repository, revision), pattern, tokenizerFiles, progress, cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new DownloadStoppedException();
        }
    }

    private async Task<FetchedModel> FetchAsync(Asked asked, string? pattern, IReadOnlyList<string> tokenizerFiles, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var cache = new HubCache(settings.Cache, asked.Repository, settings.MakesLinks);
        using var client = new HubClient(settings, Surroundings.Time);
        var refusal = new Refusal(settings, asked, Surroundings.Time);
        var listing = settings.OfflineBy is null ? await ListAsync(client, asked, refusal, cancellation).ConfigureAwait(false) : Cached(cache, asked);
        var snapshot = new Snapshot(settings, Surroundings, cache, client, refusal, asked, listing);
        var needed = Needed.Of(listing, asked.Repository, pattern, tokenizerFiles);
        if (needed.HasShards)
        {
            await snapshot.RequireAsync([needed.Main], null, cancellation).ConfigureAwait(false);
            needed = needed.With(listing, Shards(cache.PathOf(listing.Commit, needed.Main)));
        }

        await snapshot.RequireAsync(needed.Files, progress, cancellation).ConfigureAwait(false);
        if (settings.OfflineBy is null)
        {
            // Only now: a revision that is whole here stays what it was until the next one is.
            cache.Remember(asked, listing.Commit);
        }

        return new FetchedModel(asked.Repository, listing.Commit, needed.Kind, needed.Kind == ModelKind.Checkpoint ? cache.Snapshot(listing.Commit) : cache.PathOf(listing.Commit, needed.Main));
    }

    private async Task<Listing> ListAsync(HubClient client, Asked asked, Refusal refusal, CancellationToken cancellation)
    {
        for (var patience = new Patience(Surroundings.Delay); ;)
        {
            try
            {
                using var response = await client.SendAsync(HttpMethod.Get, asked.ListingAddress(settings.Endpoint), 0, settings.AnswerTimeout, cancellation).ConfigureAwait(false);
                return response.StatusCode != HttpStatusCode.OK ? throw refusal.Of(response, null)
                    : Listing.Read(await BodyAsync(response, cancellation).ConfigureAwait(false)) ?? throw Refusal.Strange(response, null, "JSON");
            }
            catch (TransferException failure) when (!failure.IsUnreachable)
            {
                await patience.AfterAsync(failure, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(settings.AnswerTimeout, Surroundings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            await response.Content.LoadIntoBufferAsync(MostListing, either.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new TransferException($"The list of files from {response.RequestMessage!.RequestUri!.Host} broke off: try again later.", inner: error);
        }
    }

    private Listing Cached(HubCache cache, Asked asked) => cache.Commit(asked) is { } commit
        ? new Listing(commit, cache.Files(commit))
        : throw new ModelException(
            $"The cache '{settings.Cache}' has no '{asked.Repository}' at {asked.Revision}, and {settings.OfflineBy} forbids to fetch it: unset that, " +
            $"or fetch it on a machine that may and copy the folder '{asked.Repository.Folder}'.");

    private static List<string> Shards(string index)
    {
        try
        {
            using var json = JsonDocument.Parse(RegularFile.Bytes(index, SizeLimit.Configuration));
            var names = json.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString() ?? string.Empty).Distinct(StringComparer.Ordinal).ToList();
            return names.Count > 0 && names.All(name => !name.Contains('/', StringComparison.Ordinal)) ? names : throw new JsonException();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModelException($"'{Path.GetFileName(index)}' should name the shards beside it in a weight_map, and does not; take another revision.", error);
        }
    }
}
