using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PluginLens.Import.Gguf.Types;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>
/// The blocks of a weight as codes [a, blocks, run, c] in canonical order, row a * c + i of the tensor at place i of the last axis: multiplied by scales [a, blocks, 1, c]
/// they only need another shape to be the weight, and no graph has to transpose.
/// </summary>
internal static class GgufCodes
{
    /// <summary>The codes of a weight.</summary>
    /// <param name="weight">A weight whose type comes apart into codes.</param>
    /// <param name="form">How.</param>
    public static CodedData Of(GgufWeight weight, CodeForm form)
    {
        var (type, width) = (weight.Tensor.Type, weight.Width);
        var perRow = (int)(width / type.Elements);
        var (runs, columns) = (type.Elements / form.Run, weight.Columns);
        var blocks = perRow * runs;
        var codes = new sbyte[weight.Rows * width];
        var scales = new float[weight.Rows * blocks];
        var minima = new float[form.HasMinimum ? scales.Length : 0];
        var (block, blockScales, blockMinima) = (new sbyte[type.Elements], new float[runs], new float[form.HasMinimum ? runs : 0]);
        for (var row = 0L; row < weight.Rows; row++)
        {
            var (a, c) = Math.DivRem(weight.Place((int)row), columns);
            var bytes = weight.Tensor.Blocks((weight.FirstRow + row) * perRow, perRow);
            for (var at = 0; at < blocks; at++)
            {
                if (at % runs == 0)
                {
                    form.Coder(bytes.Slice(at / runs * type.Bytes, type.Bytes), block, blockScales, blockMinima);
                }

                var to = (((long)a * blocks) + at) * columns;
                scales[to + c] = blockScales[at % runs];
                if (form.HasMinimum)
                {
                    minima[to + c] = blockMinima[at % runs];
                }

                for (var i = 0; i < form.Run; i++)
                {
                    codes[(((to * form.Run) + ((long)i * columns)) + c)] = block[(at % runs * form.Run) + i];
                }
            }
        }

        return new CodedData(form.Codes, [weight.Rows / columns, blocks, form.Run, columns], Packed(codes, form.Codes))
        {
            ScaleType = form.Scales, Scales = Bytes(scales, form.Scales), Minima = form.HasMinimum ? Bytes(minima, form.Scales) : null, Factor = weight.Factor,
        };
    }

    /// <summary>A weight in half precision: as it is where its source has this type, else rounded to the nearest.</summary>
    /// <param name="weight">Any weight.</param>
    /// <param name="type">Half or bfloat16.</param>
    public static CodedData Halves(GgufWeight weight, ElementType type)
    {
        // A factor is a step of its own where the source has the type, so that the numbers stay what the file says.
        var isStored = weight.Tensor.Type.Name == (type == ElementType.Float16 ? "F16" : "BF16");
        var values = (isStored ? weight with { Factor = 1 } : weight).Read();
        var bytes = new byte[2L * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var half = type == ElementType.Float16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : BrainFloat.Of(values[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), half);
            if (!float.IsFinite(type == ElementType.Float16 ? (float)BitConverter.UInt16BitsToHalf(half) : BrainFloat.Widened(half)))
            {
                throw new ModelException($"Weight '{weight.Name}'{ElementIndex.Of(i, weight.Shape)} is {values[i]}, too large for half precision; import with --dtype float32 or stored.");
            }
        }

        return new CodedData(type, weight.Shape, bytes) { Factor = isStored ? weight.Factor : 1 };
    }

    private static byte[] Packed(sbyte[] codes, ElementType type)
    {
        if (type == ElementType.Int8)
        {
            return MemoryMarshal.AsBytes<sbyte>(codes).ToArray();
        }

        var bytes = new byte[codes.LongLength / 2];
        for (var i = 0L; i < bytes.LongLength; i++)
        {
            bytes[i] = (byte)((codes[2 * i] & 15) | (codes[(2 * i) + 1] << 4));
        }

        return bytes;
    }

    /// <summary>Half-precision scales were half in the file, so this is exact.</summary>
    private static byte[] Bytes(float[] values, ElementType type) => type == ElementType.Float
        ? MemoryMarshal.AsBytes<float>(values).ToArray()
        : MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray();
}
