using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PluginLens.Tests.Shared;

/// <summary>What lies on the fake hub, and how the hub answers when nothing goes wrong.</summary>
/// <param name="name">ORG/NAME.</param>
internal sealed class FakeRepository(string name)
{
    private readonly Dictionary<string, Dictionary<string, byte[]>> _commits = new(StringComparer.Ordinal);

    /// <summary>Files of so many bytes and more are large: they have a SHA-256, and lie in the storage.</summary>
    public int LargeFrom { get; init; } = 1000;

    /// <summary>Whether the listing says sizes and hashes; some mirrors do not.</summary>
    public bool ListsIds { get; init; } = true;

    /// <summary>Branches and tags.</summary>
    public Dictionary<string, string> References { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a commit, which <c>main</c> means from now on.</summary>
    /// <param name="files">Its files by path.</param>
    public string Commit(params (string Path, byte[] Content)[] files)
    {
        var commit = GitId(Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{file.Path} {Sha256(file.Content)}\n"))));
        _commits[commit] = files.ToDictionary(file => file.Path, file => file.Content, StringComparer.Ordinal);
        return References["main"] = commit;
    }

    /// <summary>The blob's name in a cache: SHA-256, or git's id.</summary>
    /// <param name="content">A content.</param>
    public string Id(byte[] content) => content.Length >= LargeFrom ? Sha256(content) : GitId(content);

    /// <summary>The answer to a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="storage">Address of the server that has the large files.</param>
    public FakeAnswer Answer(FakeRequest request, Uri storage)
    {
        var path = request.Path;
        if (path.StartsWith("/storage/", StringComparison.Ordinal))
        {
            var content = _commits.Values.SelectMany(files => files.Values).First(content => Sha256(content) == path["/storage/".Length..]);
            return Content(request, content);
        }

        var (listing, resolve, cached) = ($"/api/models/{name}/revision/", $"/{name}/resolve/", $"/api/resolve-cache/models/{name}/");
        if (path.StartsWith(listing, StringComparison.Ordinal))
        {
            var revision = Uri.UnescapeDataString(path[listing.Length..].Split('?')[0]);
            var commit = References.GetValueOrDefault(revision, revision);
            return _commits.TryGetValue(commit, out var files) ? FakeAnswer.Text(200, List(commit, files), ("Content-Type", "application/json")) : FakeAnswer.Refusal(404, "RevisionNotFound");
        }

        var prefix = new[] { resolve, cached }.FirstOrDefault(prefix => path.StartsWith(prefix, StringComparison.Ordinal));
        if (prefix is null)
        {
            return FakeAnswer.Refusal(401, "RepoNotFound");
        }

        var (at, file) = (path[prefix.Length..].Split('/')[0], Uri.UnescapeDataString(path[(path.IndexOf('/', prefix.Length) + 1)..]));
        if (!_commits.TryGetValue(at, out var there) || !there.TryGetValue(file, out var found))
        {
            return FakeAnswer.Refusal(404, there is null ? "RevisionNotFound" : "EntryNotFound");
        }

        (string, string)[] known = [("X-Repo-Commit", at), ("ETag", $"W/\"{GitId(found)}\"")];
        return prefix == cached ? Content(request, found, known)
            : found.Length >= LargeFrom ? FakeAnswer.Text(302, "away", [.. known, ("Location", $"{storage}storage/{Sha256(found)}"), ("X-Linked-Etag", $"\"{Sha256(found)}\""), ("X-Linked-Size", $"{found.Length}")])
            : FakeAnswer.Text(307, "beside", [.. known, ("Location", $"{cached}{path[prefix.Length..]}")]);
    }

    private static FakeAnswer Content(FakeRequest request, byte[] content, params (string, string)[] headers) => request.From is not { } from
        ? new FakeAnswer(200, content, headers)
        : from < content.Length ? new FakeAnswer(206, content[(int)from..], [.. headers, ("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}")])
        : new FakeAnswer(416, [], ("Content-Range", $"bytes */{content.Length}"));

    private string List(string commit, Dictionary<string, byte[]> files) => JsonSerializer.Serialize(new
    {
        id = name,
        sha = commit,
        siblings = files.Select(file => !ListsIds ? new { rfilename = file.Key }
            : file.Value.Length >= LargeFrom ? new { rfilename = file.Key, size = file.Value.Length, blobId = GitId("a pointer"u8.ToArray()), lfs = new { sha256 = Sha256(file.Value), size = file.Value.Length, pointerSize = 130 } }
            : (object)new { rfilename = file.Key, size = file.Value.Length, blobId = GitId(file.Value) }),
    });

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static string GitId(byte[] content)
    {
        // Git names contents by SHA-1.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
