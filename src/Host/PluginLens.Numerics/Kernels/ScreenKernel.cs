using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>
/// A tile of dot products of small integers, to find out which pairs of rows are worth an exact one: four times as many products in the same time as float32,
/// and where the first dimensions rule out the whole tile, the others are left out.
/// Left bytes carry a <see cref="Bias"/>, which the start of each column's sum takes off again. Sums of 16 bits may wrap on the way; they are
/// right in the end because no dot product of rows of norm <see cref="LargestNorm"/>, or of their first dimensions, needs more. A first sum far below its limit, of which the start took something off
/// besides, may end up above it: then the tile goes on to the end, in vain; one above its limit never ends up below.
/// </summary>
internal abstract unsafe class ScreenKernel
{
    /// <summary>The largest magnitude on the left: with a bias as large, no byte there is negative.</summary>
    public const int LargestLeft = 63;

    /// <summary>The largest magnitude on the right: two products of neighbours stay below 2^15.</summary>
    public const int LargestRight = 127;

    /// <summary>The largest norm of a row of bytes on either side: its square stays below 2^15.</summary>
    public const int LargestNorm = 181;

    /// <summary>Rows of a tile, and of a packed panel of the left factor.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile, and of a packed panel of the right factor.</summary>
    public abstract int Columns { get; }

    /// <summary>Dimensions that are packed together.</summary>
    public abstract int Group { get; }

    /// <summary>Added to every byte on the left: 0 where the processor multiplies signed bytes by signed ones.</summary>
    public abstract int Bias { get; }

    /// <summary>The kernel of a width; null where the processor has no such products.</summary>
    /// <param name="width">Any.</param>
    public static ScreenKernel? Of(KernelWidth width) => width switch
    {
        KernelWidth.Vector512 when Avx512BW.IsSupported => new ScreenTile<ByteLanes512, Vector512<short>>(),
        KernelWidth.Vector256 when Avx2.IsSupported => new ScreenTile<ByteLanes256, Vector256<short>>(),
        KernelWidth.Vector128 when Ssse3.IsSupported => new ScreenTile<ByteLanes128, Vector128<short>>(),
        KernelWidth.Vector128 when Dp.IsSupported => new DotTile<DotLanes>(),
        _ => null,
    };

    /// <summary>Takes from the start of each column's sum what the bias adds in some groups.</summary>
    /// <param name="b">A packed panel, from the first of the groups on.</param>
    /// <param name="groups">How many.</param>
    /// <param name="start">Sums, <c>[Columns]</c>; changed.</param>
    public abstract void Start(short* b, int groups, short* start);

    /// <summary>Looks at tiles, up to one with an entry above its limit.</summary>
    /// <param name="column">Their panels.</param>
    /// <param name="panel">The first left panel.</param>
    /// <param name="end">The left panel after the last.</param>
    /// <param name="hits">Receives the entries.</param>
    /// <returns>The left panel of the tile with hits; the end where there is none.</returns>
    public abstract int Run(in ScreenColumn column, int panel, int end, ScreenHits hits);
}
