using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// Rows of a factor as small integers, panel by panel: <c>x = s q + e</c> with one scale s for a panel, chosen so that q fits what
/// <see cref="ScreenKernel"/> asks for, and bounds of what is lost.
/// </summary>
internal sealed unsafe class BytePanels : IDisposable
{
    /// <summary>Deeper rows are not screened: the rounding of their norms would need more of a byte than is left.</summary>
    public const int MostDepth = 16384;

    private const float LeastScale = 1e-30f;
    private const float MostScale = 1e30f;
    private readonly int width;
    private readonly NativeBuffer<int> bytes;
    private readonly NativeBuffer<int> starts;
    private readonly PanelBound[] bounds;

    /// <summary>Room for a block of rows.</summary>
    /// <param name="rows">At most so many.</param>
    /// <param name="width">Rows of a panel.</param>
    /// <param name="depth">Their length.</param>
    public BytePanels(int rows, int width, int depth)
    {
        this.width = width;
        Groups = ((depth - 1) / ScreenKernel.Group) + 1;
        var panels = ((rows - 1) / width) + 1;
        bytes = new NativeBuffer<int>((long)panels * width * Groups);
        starts = new NativeBuffer<int>((long)panels * width);
        bounds = new PanelBound[panels];
    }

    /// <summary>Depth in groups of four.</summary>
    public int Groups { get; }

    /// <summary>What a panel loses.</summary>
    /// <param name="panel">Its number.</param>
    public ref readonly PanelBound Bound(int panel) => ref bounds[panel];

    /// <summary>A panel, <c>[Groups, width]</c> of four bytes.</summary>
    /// <param name="panel">Its number.</param>
    public int* Panel(int panel) => bytes.Pointer + ((nint)panel * width * Groups);

    /// <summary>What the sums of a right panel start from.</summary>
    /// <param name="panel">Its number.</param>
    public int* Start(int panel) => starts.Pointer + ((nint)panel * width);

    /// <summary>Packs rows of the left factor.</summary>
    /// <param name="side">The factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Rows.</param>
    /// <param name="sign">1 or -1.</param>
    public void PackLeft(PairSide side, int first, int count, double sign) => Pack(side, first, count, sign, ScreenKernel.Bias, ScreenKernel.Bias);

    /// <summary>Packs rows of the right factor.</summary>
    /// <param name="side">The factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Rows.</param>
    /// <param name="kernel">Whose panels they are to be.</param>
    public void PackRight(PairSide side, int first, int count, ScreenKernel kernel)
    {
        Pack(side, first, count, 1, ScreenKernel.LargestRight, 0);
        for (var panel = 0; panel * width < count; panel++)
        {
            kernel.Start(Panel(panel), Groups, Start(panel));
        }
    }

    public void Dispose()
    {
        bytes.Dispose();
        starts.Dispose();
    }

    private void Pack(PairSide side, int first, int count, double sign, int largest, int bias)
    {
        var row = stackalloc int[Groups];
        for (var panel = 0; panel * width < count; panel++)
        {
            var rows = side.Rows.AsSpan(first + (panel * width), Math.Min(width, count - (panel * width)));
            var norm = side.Norms[first + (panel * width)];
            var depth = side.Data.Columns;
            var scale = Scale(side.Data, rows, norm, largest);
            var usable = scale is > LeastScale and < MostScale;
            var target = Panel(panel);
            var worst = 0f;
            for (var i = 0; i < width; i++)
            {
                new Span<int>(row, Groups).Fill(bias * 0x01010101);
                if (i < rows.Length && usable)
                {
                    worst = Math.Max(worst, Quantise(side.Data.Row(rows[i]), depth, (float)(sign / scale), (sbyte)bias, (sbyte*)row));
                }

                for (var group = 0; group < Groups; group++)
                {
                    target[(group * width) + i] = row[group];
                }
            }

            // Room for the rounding of the quotients (up to 127 of them, in float32) and of the sum of squares.
            var error = usable ? scale * ((Math.Sqrt(worst) * 1.002) + (3e-5 * Math.Sqrt(depth))) : norm;
            bounds[panel] = new PanelBound(norm, error, norm + error, usable ? 1 / (double)scale : 1);
        }
    }

    // Rounding adds at most half of one to each of the integers, so much to their norm.
    private static float Scale(RowMajor data, ReadOnlySpan<int> rows, double norm, int largest)
    {
        var magnitude = 0f;
        foreach (var row in rows)
        {
            magnitude = Math.Max(magnitude, Math.Abs(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<float>(data.Row(row), data.Columns))));
        }

        return (float)(Math.Max(magnitude / (double)largest, norm / (ScreenKernel.LargestNorm - (0.51 * Math.Sqrt(data.Columns)))) * (1 + 1e-6));
    }

    /// <summary>The integers of a row, and the squared length of what they miss, in units of the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Quantise(float* row, int depth, float inverse, sbyte bias, sbyte* target)
    {
        const int AtOnce = 16;
        var sums = Vector256<float>.Zero;
        var k = 0;
        for (; k <= depth - AtOnce; k += AtOnce)
        {
            Vector256<float> low = Vector256.Load(row + k) * inverse, high = Vector256.Load(row + k + 8) * inverse;
            Vector256<float> lowRound = Vector256.Round(low), highRound = Vector256.Round(high);
            low -= lowRound;
            high -= highRound;
            sums += (low * low) + (high * high);
            var words = Vector256.Narrow(Vector256.ConvertToInt32Native(lowRound), Vector256.ConvertToInt32Native(highRound));
            Vector128.Store(Vector128.Narrow(words.GetLower(), words.GetUpper()) + Vector128.Create(bias), target + k);
        }

        var sum = Vector256.Sum(sums);
        for (; k < depth; k++)
        {
            var value = row[k] * inverse;
            var round = MathF.Round(value);
            sum += (value - round) * (value - round);
            target[k] = (sbyte)((int)round + bias);
        }

        return sum;
    }
}
