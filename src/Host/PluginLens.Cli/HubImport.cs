using PluginLens.Hub;
using PluginLens.Import;

namespace PluginLens.Cli;

/// <summary>Fetches a model from the hub, then imports or exports it.</summary>
internal static class HubImport
{
    /// <summary>Runs both.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="revision">--revision.</param>
    /// <param name="pattern">--file.</param>
    /// <param name="request">What is to be written.</param>
    /// <param name="showsProgress">Whether a terminal gets a bar.</param>
    /// <param name="cancellation">Stops; what was fetched is kept.</param>
    public static ImportOutcome Run(RepositoryName repository, string? revision, string? pattern, ImportRequest request, bool showsProgress, CancellationToken cancellation)
    {
        Importer.RequireRoom(request.Destination, request.Force);
        var hub = new ModelHub(HubSettings.FromEnvironment(Environment.GetEnvironmentVariable));
        FetchedModel fetched;
        using (var progress = new ConsoleProgress(showsProgress))
        {
            fetched = hub.Fetch(repository, revision, pattern, Importer.TokenizerFiles, progress, cancellation);
        }

        var outcome = fetched.Kind == ModelKind.Checkpoint
            ? Exporter.Export(fetched.Path, fetched, request, cancellation)
            : ImportOutcome.Of(Importer.Import(fetched.Path, request.Destination, request.Name, request.Force, request.Storage, fetched.Source, cancellation));
        return outcome with { Fetched = fetched };
    }
}
