using PluginLens.Onnx;

namespace PluginLens.Cli;

/// <summary>The one or two models of a run, open.</summary>
internal sealed class OpenModels : IDisposable
{
    /// <summary>Finds and opens them.</summary>
    /// <param name="root">--models.</param>
    /// <param name="names">--model, none to two.</param>
    /// <param name="options">Device and threads.</param>
    public OpenModels(string? root, string[]? names, OpenOptions options)
    {
        if (names is { Length: > 2 })
        {
            throw new UsageException($"--model was given {names.Length} times; an analysis takes one model, or two.");
        }

        var locator = new ModelLocator(root);
        First = ModelFolder.Open(locator.Find(names?.FirstOrDefault()), options);
        try
        {
            Second = names is [_, var second] ? ModelFolder.Open(locator.Find(second), options) : null;
        }
        catch
        {
            First.Dispose();
            throw;
        }
    }

    /// <summary>The model.</summary>
    public OnnxModel First { get; }

    /// <summary>The second model, or null.</summary>
    public OnnxModel? Second { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second?.Dispose();
    }
}
