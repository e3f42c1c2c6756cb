using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Kernels;

/// <summary>Large blocks of memory between two uses of the same size: fresh ones cost the kernel a page fault and zeros for every page, a twentieth of the time of a sweep over heads.</summary>
internal static unsafe class KeptMemory
{
    /// <summary>Smaller blocks come from what the allocator has anyway.</summary>
    private const nuint Least = 64 << 10;

    /// <summary>Never more than this is kept.</summary>
    private const nuint Most = 64 << 20;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<nuint, Stack<nint>> Blocks = [];
    private static nuint kept;

    /// <summary>A block of exactly this size, with whatever is in it; null where none is kept.</summary>
    /// <param name="bytes">Size.</param>
    public static void* Take(nuint bytes)
    {
        if (bytes < Least)
        {
            return null;
        }

        lock (Gate)
        {
            if (!Blocks.TryGetValue(bytes, out var blocks) || !blocks.TryPop(out var block))
            {
                return null;
            }

            kept -= bytes;
            return (void*)block;
        }
    }

    /// <summary>Keeps a block or frees it.</summary>
    /// <param name="block">Aligned memory.</param>
    /// <param name="bytes">Its size.</param>
    public static void Give(void* block, nuint bytes)
    {
        if (bytes is < Least or > Most)
        {
            NativeMemory.AlignedFree(block);
            return;
        }

        lock (Gate)
        {
            if (kept + bytes > Most)
            {
                FreeAll();
            }

            if (!Blocks.TryGetValue(bytes, out var blocks))
            {
                Blocks[bytes] = blocks = [];
            }

            blocks.Push((nint)block);
            kept += bytes;
        }
    }

    // What is full is full of sizes that were asked for before, not now.
    private static void FreeAll()
    {
        foreach (var block in Blocks.Values.SelectMany(blocks => blocks))
        {
            NativeMemory.AlignedFree((void*)block);
        }

        Blocks.Clear();
        kept = 0;
    }
}
