namespace PluginLens.Host.Tests;

/// <summary>Analyses written in a test, run as the host runs loaded ones.</summary>
internal static class InlinePlugin
{
    public static LoadedPlugin Of<T>(string id = "inline")
        where T : IAnalysis, new() =>
        new(new PluginEntry { Id = id, Title = "Title", Answers = "What it answers.", Version = "1.0.0", ContractVersion = new Version(1, 0), TypeName = typeof(T).FullName!, Folder = "/nowhere" }, typeof(T));

    public static RunResult Run<T>(Model? model = null, object? options = null, string? folder = null, CancellationToken cancellation = default)
        where T : IAnalysis, new() => AnalysisRun.Execute(Request(Of<T>(), model, options, folder, cancellation));

    public static RunRequest Request(LoadedPlugin plugin, Model? model = null, object? options = null, string? folder = null, CancellationToken cancellation = default) =>
        Request(plugin, [model ?? TestModels.Tiny], options, folder, cancellation);

    public static RunRequest Request(LoadedPlugin plugin, Model[] models, object? options = null, string? folder = null, CancellationToken cancellation = default) => new()
    {
        Plugin = plugin,
        Options = options,
        Inputs = InMemoryEngine.Inputs(models, cancellation),
        Out = folder is null ? null : new RunPlace(folder),
    };
}
