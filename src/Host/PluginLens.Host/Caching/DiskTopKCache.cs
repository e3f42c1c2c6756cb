using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>
/// Vocabulary lists on disk, one file each: <c>MAGIC rows k key ids scores sha256</c>, little-endian. The key is a hash of model, key, contract and program version, and the file's name, so
/// nothing is ever stale; a file that is damaged, or of another key or shape, is computed again. Models made in memory have no hash and are never kept.
/// </summary>
/// <param name="folder">Where the files lie; made when the first is written.</param>
/// <param name="version">Version of the program that computes the lists.</param>
/// <param name="isWhole">Whether a model's files are still those that were opened: what was computed from others is not kept. Null = they are.</param>
public sealed class DiskTopKCache(string folder, string version, Func<Model, bool>? isWhole = null) : TopKCache
{
    private const int KeyAt = 16, HeaderSize = KeyAt + SHA256.HashSizeInBytes;
    private static readonly byte[] Magic = "PLTOPK02"u8.ToArray();

    /// <inheritdoc/>
    public override RowTopK GetOrCompute(Model model, string key, int rows, int k, Func<RowTopK> compute)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(compute);
        if (model.Sha256 is not { } hash)
        {
            return compute();
        }

        var name = Name(hash, key);
        var path = Path.Combine(folder, Convert.ToHexStringLower(name) + ".topk");
        if (Read(path, name) is { } kept && (kept.Rows, kept.K) == (rows, k))
        {
            return kept;
        }

        var lists = compute();
        if (isWhole?.Invoke(model) != false)
        {
            Write(path, name, lists);
        }

        return lists;
    }

    private byte[] Name(string hash, string key) => SHA256.HashData(Encoding.UTF8.GetBytes($"{hash}\n{key}\n{PluginLoading.ContractVersion}\n{version}"));

    /// <summary>The lists of a file; null where it is missing, damaged or of another kind.</summary>
    private static RowTopK? Read(string path, byte[] name)
    {
        byte[] bytes;
        try
        {
            bytes = RegularFile.Bytes(path, SizeLimit.Lists);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        if (bytes.Length < HeaderSize + SHA256.HashSizeInBytes || !bytes.AsSpan().StartsWith(Magic) || !bytes.AsSpan(KeyAt, name.Length).SequenceEqual(name)
            || !SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(bytes.AsSpan(^SHA256.HashSizeInBytes..)))
        {
            return null;
        }

        var (rows, k) = (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)));
        var count = (long)rows * k;
        if (rows < 0 || k < 0 || bytes.Length != HeaderSize + (count * (sizeof(int) + sizeof(double))) + SHA256.HashSizeInBytes)
        {
            return null;
        }

        var ids = MemoryMarshal.Cast<byte, int>(bytes.AsSpan(HeaderSize, (int)count * sizeof(int))).ToArray();
        var scores = MemoryMarshal.Cast<byte, double>(bytes.AsSpan(HeaderSize + ((int)count * sizeof(int)), (int)count * sizeof(double))).ToArray();
        return new RowTopK(rows, k, ids, scores);
    }

    /// <summary>Written beside and renamed, so that a file is whole or absent. A cache that cannot be written is no failure.</summary>
    private static void Write(string path, byte[] name, RowTopK lists)
    {
        if (!BitConverter.IsLittleEndian)
        {
            return;
        }

        var beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var stream = new MemoryStream())
            {
                stream.Write(Magic);
                stream.Write(MemoryMarshal.AsBytes<int>(new[] { lists.Rows, lists.K }));
                stream.Write(name);
                stream.Write(MemoryMarshal.AsBytes<int>(lists.Ids));
                stream.Write(MemoryMarshal.AsBytes<double>(lists.Scores));
                stream.Write(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
                File.WriteAllBytes(beside, stream.ToArray());
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(beside);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Left for the user; its name says what it is.
        }
    }
}
