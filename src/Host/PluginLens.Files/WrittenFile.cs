namespace PluginLens.Files;

/// <summary>
/// A file that is written. One that may not grow any more (a limit of the user's, a file system's longest file) is an <see cref="IOException"/> as a full disk is; the runtime calls it a wrong argument.
/// </summary>
/// <param name="path">Where.</param>
/// <param name="mode">How it is opened.</param>
/// <param name="share">What others may do meanwhile.</param>
/// <param name="buffer">Bytes that are gathered before they are written.</param>
public sealed class WrittenFile(string path, FileMode mode, FileShare share = FileShare.Read, int buffer = 4096) : FileStream(path, mode, FileAccess.ReadWrite, share, buffer)
{
    private readonly string _path = path;

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        // Spans come here too: the base class copies them.
        try
        {
            base.Write(buffer, offset, count);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw TooLarge(error);
        }
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write([value], 0, 1);

    /// <inheritdoc/>
    public override void SetLength(long value)
    {
        try
        {
            base.SetLength(value);
        }
        catch (ArgumentOutOfRangeException error) when (value >= 0)
        {
            throw TooLarge(error);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        try
        {
            base.Flush();
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw TooLarge(error);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try
        {
            base.Dispose(disposing);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw TooLarge(error);
        }
    }

    /// <summary>Writes a file at once.</summary>
    /// <param name="path">Where; what is there is replaced.</param>
    /// <param name="bytes">What it is to hold.</param>
    public static void WriteAll(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new WrittenFile(path, FileMode.Create, buffer: 0);
        file.Write(bytes);
    }

    private IOException TooLarge(ArgumentOutOfRangeException error) => new($"'{_path}' may not become larger: the file system, or a limit of yours (ulimit -f), allows no more.", error);
}
