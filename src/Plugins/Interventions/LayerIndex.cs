using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PluginLens.Plugins.Interventions;

/// <summary>A head or neuron as an option names it: <c>18.6</c> is number 6 of layer 18.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Head or neuron.</param>
public readonly record struct LayerIndex(int Layer, int Index) : IParsable<LayerIndex>
{
    /// <summary>Reads <c>18.6</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    public static LayerIndex Parse(string s, IFormatProvider? provider = null) => TryParse(s, provider, out var result) ? result : throw new FormatException($"Expected layer and number, such as 18.6; found '{s}'.");

    /// <summary>Reads <c>18.6</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">What it names.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out LayerIndex result)
    {
        result = default;
        if (s?.Split('.') is not [var layer, var index] || !Number(layer, out var first) || !Number(index, out var second))
        {
            return false;
        }

        result = new LayerIndex(first, second);
        return true;
    }

    private static bool Number(string text, out int number) => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>As it is written.</summary>
    public override string ToString() => $"{Layer}.{Index}";
}
