using System.Globalization;

namespace PluginLens.Hub;

/// <summary>Sizes for people.</summary>
internal static class ByteCount
{
    /// <summary>A size in decimal units, as the hub's site shows it.</summary>
    /// <param name="bytes">From 0.</param>
    public static string Of(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };
}
