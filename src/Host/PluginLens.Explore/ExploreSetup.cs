using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>What is explored: the server knows neither model files nor the command line, which puts this together.</summary>
public sealed record ExploreSetup
{
    /// <summary>The models that can be chosen.</summary>
    public required IReadOnlyList<ModelChoice> Models { get; init; }

    /// <summary>The model that is chosen at first.</summary>
    public required string Model { get; init; }

    /// <summary>The analyses.</summary>
    public required PluginCatalog Catalog { get; init; }

    /// <summary>Whether an analysis may be loaded here; those of plugins from elsewhere are not.</summary>
    public required Func<PluginEntry, bool> IsOwn { get; init; }

    /// <summary>An analysis as <c>describe --format json</c> says it.</summary>
    public required Func<PluginEntry, string> Describe { get; init; }

    /// <summary>What every command line says after <c>run</c>: where plugins and models lie.</summary>
    public required IReadOnlyList<string> Places { get; init; }

    /// <summary>Runs a command line.</summary>
    public required Func<RunOrder, RunResult> Run { get; init; }

    /// <summary>An error in one line, as the program says it.</summary>
    public required Func<Exception, string> Say { get; init; }
}
