using System.Collections;
using System.Runtime.InteropServices;

namespace PluginLens.Host;

/// <summary>
/// Prompts in order, of any number: those that would fill memory lie in a temporary file and are read from there one by one. The file has no name while it is
/// read (on Windows it is deleted with its handle), so that nothing is left behind however the program ends.
/// </summary>
internal sealed class PromptStore : IReadOnlyList<Prompt>
{
    private readonly long _mostBytes;
    private readonly Lock _lock = new();
    private readonly List<long> _offsets = [];
    private List<Prompt> _held = [];
    private long _bytes;
    private BinaryWriter? _writer;
    private BinaryReader? _reader;

    /// <summary>An empty store.</summary>
    /// <param name="mostBytes">What texts and ids may weigh in memory.</param>
    public PromptStore(long mostBytes = 32L << 20) => _mostBytes = mostBytes;

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <summary>Whether the prompts lie in a file.</summary>
    public bool IsSpilled => _writer is not null;

    /// <inheritdoc/>
    public Prompt this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            lock (_lock)
            {
                return _writer is null ? _held[index] : Read(index);
            }
        }
    }

    /// <summary>Adds a prompt at the end.</summary>
    /// <param name="prompt">As the model reads it.</param>
    public void Add(Prompt prompt)
    {
        lock (_lock)
        {
            _bytes += (sizeof(char) * (long)(prompt.Text?.Length ?? 0)) + (sizeof(int) * (long)prompt.Tokens.Length) + 64;
            if (_writer is null && _bytes > _mostBytes)
            {
                Spill();
            }

            if (_writer is null)
            {
                _held.Add(prompt);
            }
            else
            {
                Write(prompt);
            }

            Count++;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Prompt> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Spill()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pluginlens-{Path.GetRandomFileName()}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        (_writer, _reader) = (new BinaryWriter(file), new BinaryReader(file));
        _held.ForEach(Write);
        _held = [];
    }

    private void Write(Prompt prompt)
    {
        var file = _writer!.BaseStream;
        file.Seek(0, SeekOrigin.End);
        _offsets.Add(file.Position);
        WriteText(prompt.Text);
        WriteText(prompt.Label);
        _writer.Write(prompt.IsCut);
        _writer.Write(prompt.Tokens.Length);
        _writer.Write(MemoryMarshal.AsBytes(prompt.Tokens.AsSpan()));
    }

    // Code units as they are: a lone surrogate that a text file could not hold may come out of a JSON escape.
    private void WriteText(string? text)
    {
        _writer!.Write(text?.Length ?? -1);
        _writer.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private Prompt Read(int index)
    {
        _writer!.Flush();
        _reader!.BaseStream.Seek(_offsets[index], SeekOrigin.Begin);
        var (text, label, cut) = (ReadText(), ReadText(), _reader.ReadBoolean());
        var tokens = new int[_reader.ReadInt32()];
        _reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(tokens.AsSpan()));
        return new Prompt(text, tokens, label) { IsCut = cut };
    }

    private string? ReadText()
    {
        var length = _reader!.ReadInt32();
        if (length < 0)
        {
            return null;
        }

        var text = new char[length];
        _reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(text.AsSpan()));
        return new string(text);
    }
}
