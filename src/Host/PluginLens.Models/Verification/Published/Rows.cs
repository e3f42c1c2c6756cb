namespace PluginLens.Models.Verification.Published;

/// <summary>Small products in float64, and names of tokens.</summary>
internal static class Rows
{
    /// <summary>A difference relative to a scale; infinite, so that nothing passes, where the scale is 0 or a number is missing.</summary>
    public static double Relative(double difference, double scale) => scale > 0 && !double.IsNaN(difference) ? Math.Abs(difference) / scale : double.PositiveInfinity;

    /// <summary>The length of a row.</summary>
    public static double Norm(ReadOnlySpan<float> row) => Math.Sqrt(Float64.Dot(row, row));

    /// <summary>1 / length of every row, for cosines.</summary>
    public static float[] InverseNorms(Matrix rows) => [.. Enumerable.Range(0, rows.Rows).Select(row => (float)(1 / Math.Max(Norm(rows.Row(row)), 1e-30)))];

    /// <summary>Ids by a name of theirs; the first wins.</summary>
    /// <param name="model">Its tokenizer names them.</param>
    /// <param name="name">The name of an id, or null.</param>
    public static Dictionary<string, int> Ids(Model model, Func<int, string?> name)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < model.Config.DVocab; id++)
        {
            if (name(id) is { } text)
            {
                ids.TryAdd(text, id);
            }
        }

        return ids;
    }

    /// <summary>A document's way to print a token: without the mark of a leading space, or with an ellipsis where there is none.</summary>
    public static string? Shown(string? piece) => piece is null ? null : piece.Length > 0 && piece[0] is 'Ġ' or ' ' ? piece[1..] : $"…{piece}";

    /// <summary>
    /// The tokens whose string, the mark of a leading space read as one, encodes to a single id and decodes to itself, <c>[d_vocab]</c>. It is the byte-level
    /// string, and any id will do: single bytes such as 'ø' pass, as in the document.
    /// </summary>
    /// <param name="model">Its tokenizer is asked.</param>
    public static bool[] RoundTrips(Model model)
    {
        var tokenizer = model.Tokenizer!;
        return [.. Enumerable.Range(0, model.Config.DVocab).Select(id => tokenizer.Piece(id) is { Length: > 0 } piece && Survives(piece[0] == 'Ġ' ? $" {piece[1..]}" : piece))];

        bool Survives(string text) => tokenizer.Encode(text) is [var only] && tokenizer.Decode([only]) == text;
    }

    /// <summary>x W_Q W_Kᵀ.</summary>
    public static double[] Pattern(Model model, int layer, int head, double[] x)
    {
        var (queries, keys) = (model.WQ(layer, head), model.WK(layer, head));
        var (query, pattern) = (new double[queries.Columns], new double[x.Length]);
        Float64.AddProduct(x, queries, query);
        Float64.AddProduct(query, keys.Transpose(), pattern);
        return pattern;
    }

    /// <summary>A row in float64.</summary>
    public static double[] Wide(ReadOnlySpan<float> row)
    {
        var wide = new double[row.Length];
        Float64.Add(row, wide);
        return wide;
    }

    /// <summary>A row in float32.</summary>
    public static float[] Narrow(double[] row) => Array.ConvertAll(row, value => (float)value);

    /// <summary>A copy with rows in a row.</summary>
    public static Matrix Contiguous(Matrix matrix)
    {
        var data = new float[matrix.Rows * matrix.Columns];
        for (var row = 0; row < matrix.Rows; row++)
        {
            matrix.CopyRow(row, data.AsSpan(row * matrix.Columns, matrix.Columns));
        }

        return new Matrix(data, matrix.Rows, matrix.Columns);
    }
}
