using System.Text.RegularExpressions;

namespace PluginLens.Explore;

/// <summary>A run that is kept: its folder under a name of its own, in the folder where the program was started.</summary>
internal static partial class KeptFolder
{
    /// <summary>Copies a run; the folder is there whole or not at all.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="parent">Where the program was started.</param>
    /// <param name="name">Letters, digits, points, hyphens.</param>
    /// <returns>The new folder.</returns>
    /// <exception cref="UsageException">The name is not one, or is taken.</exception>
    public static string Make(string run, string parent, string name)
    {
        if (!Good().IsMatch(name))
        {
            throw new UsageException($"'{name}' is no name of a folder here: expected letters, digits, '.', '_' and '-', at most 100 of them, a letter or digit first and last.");
        }

        var path = Path.Combine(parent, name);
        if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            throw new UsageException($"'{path}' is there already; choose another name.");
        }

        var staged = Path.Combine(parent, $".{name}.{Environment.ProcessId}.keeping");
        try
        {
            Copy(run, staged);
            Directory.Move(staged, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{path}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }

        return path;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?\z")]
    private static partial Regex Good();
}
