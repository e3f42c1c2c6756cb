using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Host;

/// <summary>
/// Vocabulary lists on disk, one file each: <c>MAGIC rows k ids scores sha256</c>, little-endian. The name is a hash of model, key, contract and program version, so
/// nothing is ever stale; a file that is damaged is computed again. Models made in memory have no hash and are never kept.
/// </summary>
/// <param name="folder">Where the files lie; made when the first is written.</param>
/// <param name="version">Version of the program that computes the lists.</param>
public sealed class DiskTopKCache(string folder, string version) : TopKCache
{
    private const int HeaderSize = 16;
    private static readonly byte[] Magic = "PLTOPK01"u8.ToArray();

    /// <inheritdoc/>
    public override RowTopK GetOrCompute(Model model, string key, Func<RowTopK> compute)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(compute);
        if (model.Sha256 is not { } hash)
        {
            return compute();
        }

        var path = Path.Combine(folder, Name(hash, key));
        if (Read(path) is { } kept)
        {
            return kept;
        }

        var lists = compute();
        Write(path, lists);
        return lists;
    }

    private string Name(string hash, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{hash}\n{key}\n{PluginLoading.ContractVersion}\n{version}"))) + ".topk";

    /// <summary>The lists of a file; null where it is missing, damaged or of another kind.</summary>
    private static RowTopK? Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        if (bytes.Length < HeaderSize + SHA256.HashSizeInBytes || !bytes.AsSpan().StartsWith(Magic)
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
    private static void Write(string path, RowTopK lists)
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
