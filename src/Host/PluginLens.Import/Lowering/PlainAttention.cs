namespace PluginLens.Import.Lowering;

/// <summary>The attention of one fused operator written out: scores, mask, softmax, weighted values.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyHeads">Key-value heads.</param>
/// <param name="Scale">Factor on q·k.</param>
/// <param name="IsCausal">A token sees no later ones.</param>
/// <param name="Window">How many tokens back it sees, itself included; null = all.</param>
/// <param name="Bias">Name of what is added to the scores, or null.</param>
internal sealed record PlainAttention(int Heads, int KeyHeads, double Scale, bool IsCausal, int? Window, string? Bias)
{
    /// <summary>Writes the attention; returns the name of the pattern.</summary>
    /// <param name="plain">Receives the nodes.</param>
    /// <param name="q">Queries <c>[batch, pos, head, d_head]</c>.</param>
    /// <param name="k">Keys, likewise.</param>
    /// <param name="v">Values, likewise.</param>
    /// <param name="output">Name of the result <c>[batch, pos, head * d_head]</c>.</param>
    public string Write(PlainNodes plain, string q, string k, string v, string output)
    {
        var scores = plain.Add("MatMul", [plain.Transpose(q, 0, 2, 1, 3), plain.Transpose(Repeated(plain, k), 0, 2, 3, 1)]);
        scores = plain.Add("Mul", [scores, plain.Number(Scale)]);
        scores = Bias is null ? scores : plain.Add("Add", [scores, Bias]);
        var pattern = plain.Add("Softmax", [IsCausal ? Masked(plain, scores, q) : scores], [("axis", -1)]);
        var weighted = plain.Add("MatMul", [pattern, plain.Transpose(Repeated(plain, v), 0, 2, 1, 3)]);
        plain.Add("Reshape", [plain.Transpose(weighted, 0, 2, 1, 3), plain.Integers(0, 0, -1)], output: output);
        return pattern;
    }

    /// <summary>Keys or values once for every query head of their group.</summary>
    private string Repeated(PlainNodes plain, string x)
    {
        if (Heads == KeyHeads)
        {
            return x;
        }

        var groups = plain.Reshape(x, 0, 0, KeyHeads, 1, -1);
        return plain.Reshape(plain.Add("Expand", [groups, plain.Integers(1, 1, 1, Heads / KeyHeads, 1)]), 0, 0, Heads, -1);
    }

    private string Masked(PlainNodes plain, string scores, string q)
    {
        var keys = plain.Positions(q);
        var queries = plain.Reshape(keys, -1, 1);
        var hidden = plain.Add("Less", [queries, keys]);
        if (Window is { } window)
        {
            hidden = plain.Add("Or", [hidden, plain.Add("Less", [plain.Add("Add", [keys, plain.Integer(window - 1)]), queries])]);
        }

        return plain.Add("Where", [hidden, plain.Number(double.NegativeInfinity), scores]);
    }
}
