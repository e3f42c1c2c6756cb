using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf.Types;

/// <summary>How a tensor's numbers are stored: blocks of a fixed number of values in a fixed number of bytes.</summary>
/// <param name="Id">Number in the file.</param>
/// <param name="Name">Name that ggml and its tools print.</param>
/// <param name="Elements">Values of a block.</param>
/// <param name="Bytes">Bytes of a block.</param>
/// <param name="Read">Gives the values of a block.</param>
internal sealed record GgmlType(int Id, string Name, int Elements, int Bytes, BlockReader Read)
{
    // By the standard of these floats this exponent is NaN, though ggml computes with it.
    private const byte NotANumberExponent = 255;

    private static readonly Dictionary<int, GgmlType> Known = new GgmlType[]
    {
        new(0, "F32", 1, 4, PlainNumbers.Float32),
        new(1, "F16", 1, 2, PlainNumbers.Float16),
        new(30, "BF16", 1, 2, PlainNumbers.BFloat16),
        new(28, "F64", 1, 8, PlainNumbers.Float64),
        new(24, "I8", 1, 1, PlainNumbers.Int8),
        new(25, "I16", 1, 2, PlainNumbers.Int16),
        new(26, "I32", 1, 4, PlainNumbers.Int32),
        new(27, "I64", 1, 8, PlainNumbers.Int64),
        new(2, "Q4_0", 32, 18, new CodeForm(ElementType.Int4, 32, ElementType.Float16, false, SimpleBlocks.Q4_0)),
        new(3, "Q4_1", 32, 20, new CodeForm(ElementType.UInt4, 32, ElementType.Float16, true, SimpleBlocks.Q4_1)),
        new(6, "Q5_0", 32, 22, new CodeForm(ElementType.Int8, 32, ElementType.Float16, false, SimpleBlocks.Q5_0)),
        new(7, "Q5_1", 32, 24, new CodeForm(ElementType.Int8, 32, ElementType.Float16, true, SimpleBlocks.Q5_1)),
        new(8, "Q8_0", 32, 34, new CodeForm(ElementType.Int8, 32, ElementType.Float16, false, SimpleBlocks.Q8_0)),
        new(10, "Q2_K", 256, 84, new CodeForm(ElementType.UInt4, 16, ElementType.Float, true, SuperBlocks.Q2_K)),
        new(11, "Q3_K", 256, 110, new CodeForm(ElementType.Int4, 16, ElementType.Float, false, SuperBlocks.Q3_K)),
        new(12, "Q4_K", 256, 144, new CodeForm(ElementType.UInt4, 32, ElementType.Float, true, SuperBlocks.Q4_K)),
        new(13, "Q5_K", 256, 176, new CodeForm(ElementType.Int8, 32, ElementType.Float, true, SuperBlocks.Q5_K)),
        new(14, "Q6_K", 256, 210, new CodeForm(ElementType.Int8, 16, ElementType.Float, false, SuperBlocks.Q6_K)),
        new(16, "IQ2_XXS", 256, 66, Iq2Blocks.Xxs),
        new(17, "IQ2_XS", 256, 74, Iq2Blocks.Xs),
        new(22, "IQ2_S", 256, 82, Iq2Blocks.S),
        new(18, "IQ3_XXS", 256, 98, Iq3Blocks.Xxs),
        new(21, "IQ3_S", 256, 110, Iq3Blocks.S),
        new(19, "IQ1_S", 256, 50, Iq1Blocks.S),
        new(29, "IQ1_M", 256, 56, Iq1Blocks.M),
        new(20, "IQ4_NL", 32, 18, new CodeForm(ElementType.Int8, 32, ElementType.Float16, false, Iq4Blocks.Nl)),
        new(23, "IQ4_XS", 256, 136, new CodeForm(ElementType.Int8, 32, ElementType.Float, false, Iq4Blocks.Xs)),
        new(34, "TQ1_0", 256, 54, TernaryBlocks.Tq1_0),
        new(35, "TQ2_0", 256, 66, TernaryBlocks.Tq2_0),
        new(39, "MXFP4", 32, 17, Float4Blocks.Mxfp4),
        new(40, "NVFP4", 64, 36, Float4Blocks.Nvfp4),
        new(41, "Q1_0", 128, 18, TernaryBlocks.Q1_0),
        new(42, "Q2_0", 64, 18, TernaryBlocks.Q2_0),
    }.ToDictionary(t => t.Id);

    private static readonly Dictionary<int, string> Removed = new()
    {
        [4] = "Q4_2", [5] = "Q4_3", [31] = "Q4_0_4_4", [32] = "Q4_0_4_8", [33] = "Q4_0_8_8", [36] = "IQ4_NL_4_4", [37] = "IQ4_NL_4_8", [38] = "IQ4_NL_8_8",
    };

    private static readonly Dictionary<int, string> Activations = new() { [9] = "Q8_1", [15] = "Q8_K" };

    private GgmlType(int id, string name, int elements, int bytes, CodeForm codes)
        : this(id, name, elements, bytes, codes.Values) => Codes = codes;

    /// <summary>How its blocks come apart into codes and scales, where they do.</summary>
    public CodeForm? Codes { get; }

    /// <summary>All types that are read, in the order of the table.</summary>
    public static IEnumerable<GgmlType> All => Known.Values;

    /// <summary>First byte of a block that makes it not a number, where finite values alone do not tell.</summary>
    public byte? NotANumber => Name == "MXFP4" ? NotANumberExponent : null;

    /// <summary>Bits that one value takes, scales included.</summary>
    public double BitsPerWeight => 8.0 * Bytes / Elements;

    /// <summary>The values of whole blocks.</summary>
    /// <param name="bytes">Blocks, one after the other.</param>
    /// <param name="values">Receives <see cref="Elements"/> values for each.</param>
    public void Values(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (Elements == 1)
        {
            Read(bytes, values);
            return;
        }

        for (int at = 0, to = 0; at < bytes.Length; at += Bytes, to += Elements)
        {
            Read(bytes.Slice(at, Bytes), values.Slice(to, Elements));
        }
    }

    /// <summary>The type of a number.</summary>
    /// <param name="id">Number in the file.</param>
    /// <param name="refusal">Why it is not read, where it is null.</param>
    public static GgmlType? Of(uint id, out string refusal)
    {
        var number = id > int.MaxValue ? -1 : (int)id;
        refusal = Removed.TryGetValue(number, out var old) ? $"has the type {old} ({id}), which ggml no longer has; convert the model again"
            : Activations.TryGetValue(number, out var name) ? $"has the type {name}, which is for activations, not for weights"
            : $"has the unknown type {id}; a newer kind of file than this program reads, or a damaged one";
        return Known.GetValueOrDefault(number);
    }
}
