namespace PluginLens.Numerics.Search;

/// <summary>Blocks of columns, each packed by the first thread that needs it.</summary>
/// <typeparam name="T">A packed block.</typeparam>
/// <param name="count">Blocks.</param>
/// <param name="pack">Packs one.</param>
internal sealed class PackedBlocks<T>(int count, Func<int, T> pack) : IDisposable
    where T : class, IDisposable
{
    private readonly T?[] blocks = new T?[count];
    private readonly Lock packing = new();

    public int Count => blocks.Length;

    /// <summary>One block.</summary>
    /// <param name="block">Its number.</param>
    public T this[int block]
    {
        get
        {
            lock (packing)
            {
                return blocks[block] ??= pack(block);
            }
        }
    }

    public void Dispose()
    {
        foreach (var block in blocks)
        {
            block?.Dispose();
        }
    }
}
