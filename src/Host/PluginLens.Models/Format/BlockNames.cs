using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginLens.Models.Format;

/// <summary>Names of hooks, weights and internals: where they belong in a model, and what they are called in a stitched one.</summary>
internal static partial class BlockNames
{
    private static readonly string[] HeadSide = ["logits", "ln_final.", "mlm_head.", "unembed.", "classifier."];

    /// <summary>The block that a hook or weight belongs to, or null.</summary>
    /// <param name="name">E.g. <c>blocks.2.hook_resid_post</c>.</param>
    public static int? BlockOf(string name) =>
        name.StartsWith("blocks.", StringComparison.Ordinal) ? int.Parse(Block().Match(name).Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    /// <summary>Whether a hook or weight comes after the last block.</summary>
    /// <param name="name">E.g. <c>ln_final.hook_scale</c>.</param>
    public static bool IsHead(string name) => HeadSide.Any(part => name.StartsWith(part, StringComparison.Ordinal));

    /// <summary>Whether an initializer is a constant of the graph; the others are weights, or parts of them.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsConstant(string name) => name.StartsWith("const.", StringComparison.Ordinal);

    /// <summary>A name of the donor: hooks and weights get the prefix <c>donor.</c>; internals keep their underscore and constants their <c>const.</c> in front.</summary>
    /// <param name="name">The name in the donor.</param>
    public static string OfDonor(string name) => Under("donor", name);

    /// <summary>Puts a name under a prefix.</summary>
    /// <param name="prefix">E.g. <c>donor</c>.</param>
    /// <param name="name">Any name of a tensor.</param>
    public static string Under(string prefix, string name) =>
        IsConstant(name) ? $"const.{prefix}.{name[6..]}"
        : name.StartsWith('_') ? $"_{prefix}.{name[1..]}"
        : $"{prefix}.{name}";

    /// <summary>A name of the receiver: its blocks count from 0 again.</summary>
    /// <param name="name">The name in the receiver.</param>
    /// <param name="first">The receiver's first block that is kept.</param>
    public static string OfReceiver(string name, int first) => Block().Replace(
        name, match => int.Parse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) is var block && block >= first ? $"{match.Groups["before"].Value}blocks.{block - first}." : match.Value, 1);

    [GeneratedRegex(@"(?<before>^|[._])blocks\.(?<number>\d{1,9})\.")]
    private static partial Regex Block();
}
