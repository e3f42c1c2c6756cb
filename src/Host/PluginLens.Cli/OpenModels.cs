using PluginLens.Models;

namespace PluginLens.Cli;

/// <summary>The models of a run, open.</summary>
internal sealed class OpenModels : IDisposable
{
    /// <summary>No analysis reads more.</summary>
    private const int Most = 3;

    private readonly List<OnnxModel> _models = [];

    /// <summary>Finds and opens them.</summary>
    /// <param name="root">--models.</param>
    /// <param name="names">--model, none to three.</param>
    /// <param name="options">Device and threads.</param>
    public OpenModels(string? root, string[]? names, OpenOptions options)
    {
        if (names is { Length: > Most })
        {
            throw new UsageException($"--model was given {names.Length} times; an analysis takes one model, a few take two, stitch --subtract takes three.");
        }

        var locator = new ModelLocator(root);
        try
        {
            foreach (var name in names is { Length: > 0 } ? names : new string?[] { null })
            {
                _models.Add(ModelFolder.Open(locator.Find(name), options));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The model.</summary>
    public OnnxModel First => _models[0];

    /// <summary>The second and the third.</summary>
    public IReadOnlyList<OnnxModel> Others => _models[1..];

    /// <inheritdoc/>
    public void Dispose() => _models.ForEach(model => model.Dispose());
}
