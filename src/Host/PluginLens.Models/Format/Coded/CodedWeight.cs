using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format.Coded;

/// <summary>A weight that the graph computes from codes; what is read here has the same bits.</summary>
/// <param name="name">Canonical name.</param>
/// <param name="shape">Canonical shape.</param>
/// <param name="codes">Codes [a, blocks, run, c], or half-precision numbers of the weight's own shape.</param>
/// <param name="scale">Scales [a, blocks, 1, c]; null for half precision.</param>
/// <param name="minimum">What is added, as the scales; or null.</param>
/// <param name="factor">The model's multiplier, or null.</param>
internal sealed class CodedWeight(string name, int[] shape, StoredWeight codes, StoredWeight? scale, StoredWeight? minimum, float? factor)
    : ModelWeight(name, ElementType.Float, shape)
{
    private readonly HeldValues _values = new();

    /// <summary>The steps from what is stored to the values.</summary>
    public CodedForm Form => new(scale is not null, minimum is not null, factor is not null);

    /// <inheritdoc/>
    public override IEnumerable<ModelWeight> Stored => new[] { codes, scale, minimum }.OfType<ModelWeight>();

    /// <inheritdoc/>
    public override nint Address => throw new InvalidOperationException($"'{Name}' lies nowhere: it is computed.");

    /// <inheritdoc/>
    public override Tensor Read() => new(Name, _values.Of(Computed), Shape);

    private float[] Computed()
    {
        var values = scale is null ? codes.Read().Data.ToArray() : Decoded(scale);
        if (factor is { } multiplier)
        {
            TensorPrimitives.Multiply(values, multiplier, values);
        }

        RequireFinite(values, codes.File.Path);
        return values;
    }

    private float[] Decoded(StoredWeight scale)
    {
        var values = GC.AllocateUninitializedArray<float>(Count);
        int blocks = codes.Shape[0] * codes.Shape[1], run = codes.Shape[2], columns = codes.Shape[3];
        Parallel.For(0, Pieces(blocks), piece =>
        {
            var pieces = Pieces(blocks);
            var (first, end) = ((int)((long)blocks * piece / pieces), (int)((long)blocks * (piece + 1) / pieces));
            var (scales, minima) = (new float[columns], new float[columns]);

            // Each asks the system for the length of its file: once for a stretch, and not for each of its thousands of blocks.
            ReadOnlySpan<byte> codeBytes = codes.Raw, scaleBytes = scale.Raw, minimumBytes = minimum is null ? [] : minimum.Raw;
            for (var block = first; block < end; block++)
            {
                Wide(scaleBytes, scale.Type, block * columns, scales);
                if (minimum is not null)
                {
                    Wide(minimumBytes, minimum.Type, block * columns, minima);
                }

                var into = values.AsSpan(block * run * columns, run * columns);
                Codes(codeBytes, block * run * columns, into);
                Scale(into, scales, minimum is null ? [] : minima);
            }
        });
        return values;
    }

    /// <summary>Stretches that are worth a thread.</summary>
    private int Pieces(int blocks) => Math.Clamp(Count >> 20, 1, Math.Min(blocks, Environment.ProcessorCount));

    /// <summary>One block's codes become values: one rounding for the product, one for the sum, as in the graph.</summary>
    private static void Scale(Span<float> values, ReadOnlySpan<float> scales, ReadOnlySpan<float> minima)
    {
        if (scales.Length == 1)
        {
            TensorPrimitives.Multiply(values, scales[0], values);
            if (minima.Length > 0)
            {
                TensorPrimitives.Add(values, minima[0], values);
            }

            return;
        }

        for (var at = 0; at < values.Length; at += scales.Length)
        {
            var row = values.Slice(at, scales.Length);
            TensorPrimitives.Multiply(row, scales, row);
            if (minima.Length > 0)
            {
                TensorPrimitives.Add(row, minima, row);
            }
        }
    }

    private void Codes(ReadOnlySpan<byte> raw, int first, Span<float> into)
    {
        if (codes.Type == ElementType.Int8)
        {
            var bytes = MemoryMarshal.Cast<byte, sbyte>(raw.Slice(first, into.Length));
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = bytes[i];
            }

            return;
        }

        // Blocks have an even number of codes, so each begins with a byte. A sign is the fourth bit, worth -8 instead of 8.
        var pairs = raw.Slice(first / 2, into.Length / 2);
        var sign = codes.Type == ElementType.Int4 ? 8 : 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            into[2 * i] = ((pairs[i] & 15) ^ sign) - sign;
            into[(2 * i) + 1] = ((pairs[i] >> 4) ^ sign) - sign;
        }
    }

    private static void Wide(ReadOnlySpan<byte> raw, ElementType type, int first, Span<float> into)
    {
        if (type == ElementType.Float)
        {
            MemoryMarshal.Cast<byte, float>(raw).Slice(first, into.Length).CopyTo(into);
        }
        else
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw).Slice(first, into.Length), into);
        }
    }
}
