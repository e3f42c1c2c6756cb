using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>A colour, channels from 0 to 255.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
internal readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>Names that a <see cref="ColorStop"/> may give: those of HTML 4, and orange.</summary>
    private static readonly Dictionary<string, int> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["black"] = 0x000000, ["silver"] = 0xC0C0C0, ["gray"] = 0x808080, ["white"] = 0xFFFFFF, ["maroon"] = 0x800000, ["red"] = 0xFF0000,
        ["purple"] = 0x800080, ["fuchsia"] = 0xFF00FF, ["green"] = 0x008000, ["lime"] = 0x00FF00, ["olive"] = 0x808000, ["yellow"] = 0xFFFF00,
        ["navy"] = 0x000080, ["blue"] = 0x0000FF, ["teal"] = 0x008080, ["aqua"] = 0x00FFFF, ["orange"] = 0xFFA500,
    };

    /// <summary>Text, axes.</summary>
    public static Rgb Ink { get; } = Of(0x222222);

    /// <summary>Lines of a grid.</summary>
    public static Rgb Faint { get; } = Of(0xDDDDDD);

    /// <summary>A cell without a value.</summary>
    public static Rgb Missing { get; } = Of(0xC8C8C8);

    /// <summary>Paper.</summary>
    public static Rgb White { get; } = Of(0xFFFFFF);

    /// <summary>Perceived lightness, 0 to 1.</summary>
    public double Luminance => ((0.299 * R) + (0.587 * G) + (0.114 * B)) / 255;

    /// <summary>What text on this colour is written in.</summary>
    public Rgb Contrast => Luminance < 0.6 ? White : Ink;

    /// <summary>Of 0xRRGGBB.</summary>
    /// <param name="rgb">The three bytes.</param>
    public static Rgb Of(int rgb) => new((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb);

    /// <summary>Of a name or <c>#rrggbb</c>.</summary>
    /// <param name="name">As a figure gives it.</param>
    public static Rgb Parse(string name)
    {
        if (Named.TryGetValue(name, out var known))
        {
            return Of(known);
        }

        return name.Length == 7 && name[0] == '#' && int.TryParse(name.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
            ? Of(hex)
            : throw new UsageException($"A figure names the colour '{name}'; expected #rrggbb or one of {string.Join(", ", Named.Keys)}.");
    }

    /// <summary>Between this and another.</summary>
    /// <param name="other">The other.</param>
    /// <param name="share">0 = this, 1 = the other.</param>
    public Rgb Mix(Rgb other, double share) => new(Mix(R, other.R, share), Mix(G, other.G, share), Mix(B, other.B, share));

    /// <summary><c>#rrggbb</c>.</summary>
    public override string ToString() => $"#{R:x2}{G:x2}{B:x2}";

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + ((to - from) * share));
}
