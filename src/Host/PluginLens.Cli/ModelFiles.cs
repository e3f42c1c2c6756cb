using PluginLens.Models;

namespace PluginLens.Cli;

/// <summary>
/// The files of the models that a run reads, from outside. To read a page of a mapped file that was cut kills the process, so where the system does not let us keep what is mapped, a process of its own is what dies.
/// </summary>
internal sealed class ModelFiles
{
    private readonly string[] _folders;

    /// <summary>Finds them. A model that is not there has none: who opens it says what is wrong.</summary>
    /// <param name="root">--models.</param>
    /// <param name="readsPrompts">Whether the default model is to be one for prompts.</param>
    /// <param name="models">Names or folders; none = the default model.</param>
    public ModelFiles(string? root, bool readsPrompts, IReadOnlyList<string> models)
    {
        try
        {
            var locator = new ModelLocator(root, readsPrompts);
            _folders = [.. models.Cast<string?>().DefaultIfEmpty().Select(locator.Find)];
        }
        catch (Exception error) when (error is ModelException or UsageException or IOException or UnauthorizedAccessException)
        {
            _folders = [];
        }
    }

    /// <summary>Whether all of them stay readable while they are mapped, whatever befalls them.</summary>
    public bool AreKept => _folders.All(ModelFolder.IsKept);

    /// <summary>Looks at them now, for who asks later: what changed since, as a sentence; null where nothing did.</summary>
    public Func<string?> Watch()
    {
        try
        {
            var before = Look();
            return () => Changed(before);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return () => null;
        }
    }

    private string? Changed(Dictionary<string, (long, DateTime)> before)
    {
        try
        {
            var now = Look();
            return before.Keys.FirstOrDefault(path => !now.TryGetValue(path, out var found) || found != before[path]) is { } changed
                ? $"'{changed}' was changed while it was read. Copy or export the model again, and leave it alone while a run reads it"
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"the model's folder can no longer be read: {error.Message}";
        }
    }

    private Dictionary<string, (long Length, DateTime Written)> Look() => _folders
        .SelectMany(folder => Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [folder])
        .Select(path => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path)
        .Where(File.Exists)
        .Distinct()
        .ToDictionary(path => path, path => (new FileInfo(path).Length, File.GetLastWriteTimeUtc(path)));
}
