using PluginLens.Files;

namespace PluginLens.Cli;

/// <summary>A file that a command makes: there whole or not at all, its path printed.</summary>
internal static class NewFile
{
    /// <summary>Writes it; an earlier one of that name is replaced.</summary>
    /// <param name="path">The file; folders that are lacking are made.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        var partial = path + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new WrittenFile(partial, FileMode.Create))
            {
                write(stream);
            }

            File.Move(partial, path, overwrite: true);
            Console.WriteLine(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{path}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }
}
