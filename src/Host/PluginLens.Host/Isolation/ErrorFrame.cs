namespace PluginLens.Host;

/// <summary>What ended an analysis, as a message: kind and text, for its type and what it holds may be the plugin's own.</summary>
internal static class ErrorFrame
{
    private enum Kind
    {
        None,
        Usage,
        Model,
        Cancelled,
        Plugin,
        Input,
    }

    /// <summary>Writes it.</summary>
    public static void Write(BinaryWriter writer, Exception? error)
    {
        writer.Write((int)(error switch
        {
            null => Kind.None,
            UsageException => Kind.Usage,
            ModelException => Kind.Model,
            OperationCanceledException => Kind.Cancelled,
            IOException or UnauthorizedAccessException => Kind.Input,
            _ => Kind.Plugin,
        }));
        FrameWriter.Text(writer, error switch
        {
            null => null,
            UsageException or ModelException or OperationCanceledException or IOException or UnauthorizedAccessException or PluginException => Said.By(error),
            _ => $"Unexpected {error.GetType().Name}: {Said.By(error)} (--verbose shows where; please report it).",
        });
        FrameWriter.Text(writer, error is null ? null : Said.Everything(error));
        writer.Write(error is PluginException plugin ? plugin.ExitCode : ExitCode.Failed);
    }

    /// <summary>Reads it.</summary>
    public static Exception? Read(FrameReader reader)
    {
        var (kind, message, everything, exitCode) = ((Kind)reader.Int(), reader.Text() ?? string.Empty, new IsolatedException(reader.Text() ?? string.Empty), reader.Int());
        return kind switch
        {
            Kind.None => null,
            Kind.Usage => new UsageException(message, everything),
            Kind.Model => new ModelException(message, everything),
            Kind.Cancelled => new OperationCanceledException(message),
            Kind.Input => new IOException(message, everything),
            _ => new PluginException(message, everything) { ExitCode = exitCode },
        };
    }
}
