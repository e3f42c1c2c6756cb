using System.Buffers;
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

    /// <summary>Into so many parts the depth is cut: after each of them a panel knows how much of its rows is left.</summary>
    private const int MostSteps = 16;

    /// <summary>So many rows ahead memory is asked for.</summary>
    private const int Ahead = 8;

    private const float LeastScale = 1e-30f;
    private const float MostScale = 1e30f;
    private readonly ScreenKernel kernel;
    private readonly int width;
    private readonly int group;
    private readonly int words;
    private readonly int depth;
    private readonly NativeBuffer<short> bytes;
    private readonly NativeBuffer<short> starts;
    private readonly int[] places;

    /// <summary>Room for a block of rows.</summary>
    /// <param name="rows">At most so many.</param>
    /// <param name="kernel">Whose panels they are to be.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="left">For the left factor.</param>
    public BytePanels(int rows, ScreenKernel kernel, int depth, bool left)
    {
        this.kernel = kernel;
        this.depth = depth;
        width = left ? kernel.Rows : kernel.Columns;
        group = kernel.Group;
        words = (left ? sizeof(int) : group) / sizeof(short);
        Groups = ((depth - 1) / group) + 1;
        GroupsInStep = ((Groups - 1) / MostSteps) + 1;
        Steps = ((Groups - 1) / GroupsInStep) + 1;
        var panels = ((rows - 1) / width) + 1;
        bytes = new NativeBuffer<short>((long)panels * width * Groups * words);
        starts = new NativeBuffer<short>(left ? 0 : (long)panels * width * (Steps + 1));
        Spares = new SpareTails(left ? 0 : panels, width, Steps);
        Bounds = new PanelBounds(panels, Steps);
        places = new int[rows];
    }

    /// <summary>Depth in groups of the kernel's.</summary>
    public int Groups { get; }

    /// <summary>Groups of a step, but for the last.</summary>
    public int GroupsInStep { get; }

    /// <summary>Dimensions of a step, but for the last.</summary>
    public int DimensionsInStep => GroupsInStep * group;

    /// <summary>Depth in steps.</summary>
    public int Steps { get; }

    /// <summary>What the panels lose.</summary>
    public PanelBounds Bounds { get; }

    /// <summary>By how much the tails of right rows are less than the worst of their panel.</summary>
    public SpareTails Spares { get; }

    /// <summary>A panel, <c>[Groups, width]</c> of as many bytes as a group has; on the left of four, groups of two written twice.</summary>
    /// <param name="panel">Its number.</param>
    public short* Panel(int panel) => bytes.Pointer + ((nint)panel * width * Groups * words);

    /// <summary>What the sums of a right panel start from, when they are of its first steps.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="step">How many steps, at most <see cref="Steps"/>.</param>
    public short* Start(int panel, int step) => starts.Pointer + ((((nint)panel * (Steps + 1)) + step) * width);

    /// <summary>The place in the factor's order of a row of the block.</summary>
    /// <param name="row">Its number here, panel after panel.</param>
    public int Place(int row) => places[row];

    /// <summary>Packs rows of the left factor.</summary>
    /// <param name="side">The factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Rows.</param>
    /// <param name="sign">1 or -1.</param>
    public void PackLeft(PairSide side, int first, int count, double sign) => Pack(side, first, count, sign, ScreenKernel.LargestLeft, kernel.Bias, left: true);

    /// <summary>Packs rows of the right factor.</summary>
    /// <param name="side">The factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Rows.</param>
    public void PackRight(PairSide side, int first, int count)
    {
        Pack(side, first, count, 1, ScreenKernel.LargestRight, 0, left: false);
        for (var panel = 0; panel * width < count; panel++)
        {
            new Span<short>(Start(panel, 0), width).Clear();
            for (var step = 0; step < Steps; step++)
            {
                new Span<short>(Start(panel, step), width).CopyTo(new Span<short>(Start(panel, step + 1), width));
                var from = step * GroupsInStep;
                kernel.Start(Panel(panel) + (from * width * words), Math.Min(GroupsInStep, Groups - from), Start(panel, step + 1));
            }
        }
    }

    public void Dispose()
    {
        bytes.Dispose();
        starts.Dispose();
        Spares.Dispose();
    }

    private void Pack(PairSide side, int first, int count, double sign, int largest, int bias, bool left)
    {
        // From a pool: of this size they would be cleared, and kept until all generations are collected.
        var tails = ArrayPool<double>.Shared.Rent(count * (Steps + 1));
        Sort(side, first, tails, places.AsSpan(0, count));
        var length = Groups * group / sizeof(short);
        var row = stackalloc short[length];
        for (var panel = 0; panel * width < count; panel++)
        {
            var chosen = places.AsSpan(panel * width, Math.Min(width, count - (panel * width)));
            var norm = Largest(side.Norms, chosen);
            var scale = Scale(side, chosen, norm, largest);
            var usable = scale is > LeastScale and < MostScale;
            var target = Panel(panel);
            var worst = 0f;
            for (var i = 0; i < width; i++)
            {
                new Span<short>(row, length).Fill((short)(bias * 0x0101));
                if (i < chosen.Length && usable)
                {
                    worst = Math.Max(worst, Quantise(side.Data.Row(side.Rows[chosen[i]]), depth, (float)(sign / scale), (sbyte)bias, (sbyte*)row));
                }

                Spread(row, target + (i * words));
            }

            // Room for the rounding of the quotients (up to 127 of them, in float32) and of the sum of squares.
            var error = usable ? scale * ((Math.Sqrt(worst) * 1.002) + (3e-5 * Math.Sqrt(depth))) : norm;
            Bounds[panel] = new PanelBound(norm, error, usable ? 1 / (double)scale : 1);
            SetTails(panel, chosen, first, tails, left);
        }

        ArrayPool<double>.Shared.Return(tails);
    }

    private void SetTails(int panel, ReadOnlySpan<int> chosen, int first, double[] tails, bool left)
    {
        Span<double> ofStep = stackalloc double[chosen.Length];
        for (var step = 0; step <= Steps; step++)
        {
            for (var i = 0; i < chosen.Length; i++)
            {
                ofStep[i] = tails[((chosen[i] - first) * (Steps + 1)) + step];
            }

            var longest = TensorPrimitives.Max<double>(ofStep);
            Bounds.Tails(step)[panel] = longest;
            if (!left)
            {
                Spares.Set(panel, step, longest, ofStep);
            }
        }
    }

    // A row's groups to their places in a panel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(short* row, short* target)
    {
        var (step, stride) = (group / sizeof(short), (nint)width * words);
        for (var end = row + (Groups * step); row != end; row += step, target += stride)
        {
            target[0] = row[0];
            if (words == 2)
            {
                target[1] = row[step - 1];
            }
        }
    }

    // Rows with equally much behind their first steps share a panel, whose bound is that of the worst.
    private void Sort(PairSide side, int first, double[] tails, Span<int> order)
    {
        var all = tails.AsSpan(0, order.Length * (Steps + 1));
        for (var i = 0; i < order.Length; i++)
        {
            // Rows lie in the order of their tokens, not of their norms.
            CacheLine.FetchRow(side.Data.Row(side.Rows[first + Math.Min(i + Ahead, order.Length - 1)]), depth);
            Squares(side.Data.Row(side.Rows[first + i]), all.Slice(i * (Steps + 1), Steps + 1));
        }

        // With room for the rounding of the sums.
        TensorPrimitives.Sqrt(all, all);
        TensorPrimitives.Multiply(all, 1 + 1e-9, all);
        var keys = new double[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            (keys[i], order[i]) = (-all[(i * (Steps + 1)) + (Steps * 5 / 8)], first + i);
        }

        keys.AsSpan().Sort(order);
    }

    // The square of the norm of what follows each step of a row: in float64 no square of a float32 is lost.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Squares(float* row, Span<double> sums)
    {
        var (sum, end) = (0.0, depth);
        sums[Steps] = 0;
        for (var step = Steps - 1; step >= 0; step--)
        {
            var start = step * DimensionsInStep;
            var pairs = Vector128<double>.Zero;
            var k = start;
            for (; k <= end - Vector128<float>.Count; k += Vector128<float>.Count)
            {
                var values = Vector128.Load(row + k);
                Vector128<double> lower = Vector128.WidenLower(values), upper = Vector128.WidenUpper(values);
                pairs += (lower * lower) + (upper * upper);
            }

            for (; k < end; k++)
            {
                sum += (double)row[k] * row[k];
            }

            sum += Vector128.Sum(pairs);
            sums[step] = sum;
            end = start;
        }
    }

    private static double Largest(double[] norms, ReadOnlySpan<int> chosen)
    {
        var largest = 0.0;
        foreach (var place in chosen)
        {
            largest = Math.Max(largest, norms[place]);
        }

        return largest;
    }

    // Rounding adds at most half of one to each of the integers, so much to their norm.
    private static float Scale(PairSide side, ReadOnlySpan<int> chosen, double norm, int largest)
    {
        var magnitude = 0f;
        foreach (var place in chosen)
        {
            magnitude = Math.Max(magnitude, Math.Abs(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<float>(side.Data.Row(side.Rows[place]), side.Data.Columns))));
        }

        return (float)(Math.Max(magnitude / (double)largest, norm / (ScreenKernel.LargestNorm - (0.51 * Math.Sqrt(side.Data.Columns)))) * (1 + 1e-6));
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
