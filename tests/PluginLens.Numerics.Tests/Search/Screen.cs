using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>A screen, and the width of the float32 products beside it.</summary>
internal sealed record Screen(string Name, KernelWidth Width, ScreenKernel Kernel)
{
    /// <summary>Those that the processor has, and the one of signed bytes in software.</summary>
    public static readonly Screen[] All =
    [
        .. Enum.GetValues<KernelWidth>().Where(width => ScreenKernel.Of(width) is not null).Select(width => new Screen($"{width}", width, ScreenKernel.Of(width)!)),
        new Screen("PlainDots", KernelWidths.Best, new DotTile<PlainDots>()),
    ];

    public override string ToString() => Name;
}
