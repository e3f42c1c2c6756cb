namespace PluginLens.Import.Lowering;

/// <summary>Rotary positions written out, of heads <c>[batch, pos, head, d_head]</c>.</summary>
/// <param name="plain">Receives the nodes.</param>
/// <param name="cos">Cosines <c>[batch or 1, pos, 1, rotary_dim / 2]</c>.</param>
/// <param name="sin">Sines, likewise.</param>
/// <param name="half">rotary_dim / 2.</param>
/// <param name="adjacent">Pairs are neighbours, not halves apart.</param>
/// <param name="width">d_head.</param>
internal sealed class PlainRotation(PlainNodes plain, string cos, string sin, long half, bool adjacent, long width)
{
    /// <summary>Looks the positions up in the operator's tables.</summary>
    /// <param name="plain">Receives the nodes.</param>
    /// <param name="node">The fused operator.</param>
    /// <param name="tables">Input of the cosines <c>[n, rotary_dim / 2]</c>; the sines follow.</param>
    /// <param name="positions">Name of the positions, <c>[pos]</c> or <c>[batch, pos]</c>.</param>
    /// <param name="perSequence">They have a row for each sequence.</param>
    /// <param name="adjacent">Pairs are neighbours.</param>
    /// <param name="width">d_head.</param>
    public static PlainRotation Of(PlainNodes plain, FusedNode node, int tables, string positions, bool perSequence, bool adjacent, long width)
    {
        if (node.Shape(tables) is not [_, > 0 and var half] || node.Shape(tables + 1) is not [_, var same] || half != same || 2 * half > width)
        {
            throw node.Refused("has no tables of cosines and sines [n, rotary_dim / 2]");
        }

        string Rows(int at)
        {
            var rows = plain.Add("Gather", [node.Input(at)!, positions]);
            return perSequence ? plain.Reshape(rows, 0, 0, 1, half) : plain.Reshape(rows, 1, -1, 1, half);
        }

        return new PlainRotation(plain, Rows(tables), Rows(tables + 1), half, adjacent, width);
    }

    /// <summary>The heads turned by their positions; dimensions beyond rotary_dim stay.</summary>
    /// <param name="x">Name of the heads.</param>
    public string Turn(string x)
    {
        var (a, b) = adjacent
            ? (plain.Slice(x, 3, 0, 2 * half, 2), plain.Slice(x, 3, 1, 2 * half, 2))
            : (plain.Slice(x, 3, 0, half), plain.Slice(x, 3, half, 2 * half));
        var first = plain.Add("Sub", [plain.Add("Mul", [a, cos]), plain.Add("Mul", [b, sin])]);
        var second = plain.Add("Add", [plain.Add("Mul", [b, cos]), plain.Add("Mul", [a, sin])]);
        string[] turned = adjacent ? [Interleaved(first, second)] : [first, second];
        return plain.Add("Concat", width > 2 * half ? [.. turned, plain.Slice(x, 3, 2 * half, width)] : turned, [("axis", 3)]);
    }

    private string Interleaved(string first, string second) =>
        plain.Reshape(plain.Add("Concat", [plain.Reshape(first, 0, 0, 0, -1, 1), plain.Reshape(second, 0, 0, 0, -1, 1)], [("axis", 4)]), 0, 0, 0, 2 * half);
}
