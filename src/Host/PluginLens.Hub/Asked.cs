namespace PluginLens.Hub;

/// <summary>What is asked of the hub: a repository at a revision.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Revision">A branch, a tag, a reference or a commit.</param>
internal sealed record Asked(RepositoryName Repository, string Revision)
{
    private const string DefaultRevision = "main";

    /// <summary>Checks a revision as it was typed.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="revision">As typed; null = main.</param>
    /// <exception cref="UsageException">No revision is called that.</exception>
    public static Asked Of(RepositoryName repository, string? revision) =>
        PlainPath.Is(revision ?? DefaultRevision) && revision?.Contains("..", StringComparison.Ordinal) != true
            ? new Asked(repository, revision ?? DefaultRevision)
            : throw new UsageException($"--revision '{revision!.ReplaceLineEndings(" ")}' can be no branch, tag or commit; leave it out for {DefaultRevision}.");

    /// <summary>Whether the revision is a commit, which never means another.</summary>
    public bool IsCommit => Revision.Length == 40 && HubFile.IsId(Revision);

    /// <summary>Where the hub lists its files.</summary>
    /// <param name="endpoint">The hub.</param>
    public Uri ListingAddress(Uri endpoint) => new($"{endpoint.AbsoluteUri.TrimEnd('/')}/api/models/{Repository}/revision/{Uri.EscapeDataString(Revision)}?blobs=true");

    /// <summary>Where the hub has a file.</summary>
    /// <param name="endpoint">The hub.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="path">The file's path.</param>
    public Uri FileAddress(Uri endpoint, string commit, string path) =>
        new($"{endpoint.AbsoluteUri.TrimEnd('/')}/{Repository}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");
}
