using PluginLens.Files;
using PluginLens.Models;

namespace PluginLens.Cli;

/// <summary>A model folder that was found.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="Folder">Its path.</param>
/// <param name="Bytes">What its files take.</param>
/// <param name="Config">What it is; null where it cannot be opened.</param>
/// <param name="Error">Why it cannot be opened, or null.</param>
internal sealed record FoundModel(string Name, string Folder, long Bytes, ModelConfig? Config, string? Error)
{
    /// <summary>Looks at a folder; its weights are not read.</summary>
    /// <param name="folder">The folder.</param>
    public static FoundModel Of(string folder)
    {
        var name = Path.GetFileName(folder);
        var bytes = Directory.EnumerateFiles(folder).Sum(Size);
        try
        {
            using var model = ModelFolder.Open(folder, new OpenOptions { Weights = WeightsPolicy.Ignore });
            return new FoundModel(name, folder, bytes, model.Config, null);
        }
        catch (ModelException error)
        {
            return new FoundModel(name, folder, bytes, null, error.Message);
        }
    }

    /// <summary>Of what a link leads to; what is no file has none.</summary>
    private static long Size(string path)
    {
        try
        {
            return RegularFile.Length(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
