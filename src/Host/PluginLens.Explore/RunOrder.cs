using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>A command line to run, and who is told.</summary>
/// <param name="Arguments">As after the program's name: <c>run --plugin …</c>.</param>
/// <param name="Folder">Receives the run; not there yet.</param>
/// <param name="Progress">Told how far it is.</param>
/// <param name="Watch">Told what it finds.</param>
/// <param name="Cancellation">Set when it is to stop.</param>
public sealed record RunOrder(IReadOnlyList<string> Arguments, string Folder, IProgress<Progress> Progress, RunWatch Watch, CancellationToken Cancellation);
