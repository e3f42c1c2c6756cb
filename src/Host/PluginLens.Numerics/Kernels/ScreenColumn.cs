namespace PluginLens.Numerics.Kernels;

/// <summary>What the tiles of one right panel with several left ones are computed from.</summary>
/// <param name="left">The left panels, one after the other, each <c>[all, Rows]</c> of four bytes: groups of two are written twice.</param>
/// <param name="right">The right panel, <c>[all, Columns]</c> of as many bytes as a group has.</param>
/// <param name="first">After how many groups to look whether any entry matters still.</param>
/// <param name="all">Depth in groups.</param>
/// <param name="start">What the sums of the first groups start from, <c>[Columns]</c>.</param>
/// <param name="whole">What those of all groups start from, <c>[Columns]</c>.</param>
/// <param name="firstLimits">For each left panel: entries up to this are of no interest after the first groups. A panel with the largest short is left out.</param>
/// <param name="limits">The same in the end.</param>
internal readonly unsafe struct ScreenColumn(int* left, short* right, int first, int all, short* start, short* whole, int* firstLimits, int* limits)
{
    public readonly int* Left = left;
    public readonly short* Right = right;
    public readonly int First = first;
    public readonly int All = all;
    public readonly short* Start = start;
    public readonly short* Whole = whole;
    public readonly int* FirstLimits = firstLimits;
    public readonly int* Limits = limits;
}
