using System.Text;
using PluginLens.Files;
using PluginLens.Host;

namespace PluginLens.Pictures;

/// <summary>Pictures of the figures of a run.</summary>
public static class RunPictures
{
    /// <summary>Draws every figure of a stored run, one file each, <c>NAME.svg</c> or <c>NAME.png</c>; an earlier picture of that name is replaced.</summary>
    /// <param name="run">The run.</param>
    /// <param name="format">Svg or png.</param>
    /// <param name="folder">Receives the files; null = <c>figures/</c> of the run.</param>
    /// <returns>The files written, one after the other.</returns>
    public static IEnumerable<string> Draw(RecordedRun run, PictureFormat format, string? folder = null)
    {
        folder ??= Path.Combine(run.Folder, "figures");
        foreach (var name in run.FigureNames)
        {
            yield return Draw(StoredFigure.Read(Path.Combine(run.Folder, "figures", $"{name}.json")), format, Path.Combine(folder, name));
        }
    }

    /// <summary>Draws a figure into a stream.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="format">Svg or png.</param>
    /// <param name="output">Receives it; svg as UTF-8.</param>
    public static void Write(Figure figure, PictureFormat format, Stream output)
    {
        if (format == PictureFormat.Png)
        {
            FigurePng.Write(figure, output);
            return;
        }

        using var text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);
        FigureSvg.Write(figure, text);
    }

    private static string Draw(Figure figure, PictureFormat format, string path)
    {
        path += format == PictureFormat.Svg ? ".svg" : ".png";
        var partial = path + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var file = new WrittenFile(partial, FileMode.Create))
            {
                Write(figure, format, file);
            }

            File.Move(partial, path, overwrite: true);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The picture '{path}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
