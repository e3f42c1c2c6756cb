using PluginLens.Numerics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>The words of one layer's FFN of GPT-2 small: 3,072 keys and 3,072 values against 50,257 embeddings.</summary>
internal static class FfnBenchmark
{
    public static void Run(Report report, Factors factors, int repetitions)
    {
        const int Vectors = 2 * 3072, Vocabulary = 50257, Model = 768, K = 100;
        var x = factors.Make("ffn_x", 3, Vectors, Model, 0.1);
        var e = factors.Make("ffn_e", 4, Vocabulary, Model, 0.1);
        foreach (var few in new[] { 1, 6 })
        {
            report.Add($"words of {few} vectors, W_E, top {K}", Timing.Least(repetitions, () => new CpuCompute(1).TopRows(x.Slice(0, few), e, new RowQuery { K = K })));
            var turned = Transposed(e);
            report.Add($"words of {few} vectors, W_U, top {K}", Timing.Least(repetitions, () => new CpuCompute(1).TopRows(x.Slice(0, few), turned, new RowQuery { K = K })));
        }

        foreach (var width in report.Peaks.Keys)
        {
            foreach (var (layout, b) in new[] { ("W_E", e), ("W_U", Transposed(e)) }.Take(width == KernelWidth.Vector128 ? 1 : 2))
            {
                var compute = new CpuCompute(1, default, null, width);
                var seconds = Timing.Least(repetitions, () => compute.TopRows(x, b, new RowQuery { K = K }));
                report.Add($"ffn words, {layout}, top {K}, {width}", seconds, 2.0 * Vectors * Vocabulary * Model, width);
            }
        }
    }

    private static Matrix Transposed(Matrix matrix)
    {
        var data = new float[matrix.Rows * matrix.Columns];
        var from = matrix.Data.Span;
        for (var i = 0; i < matrix.Rows; i++)
        {
            for (var j = 0; j < matrix.Columns; j++)
            {
                data[(j * matrix.Rows) + i] = from[(i * matrix.Columns) + j];
            }
        }

        return new Matrix(data, matrix.Columns, matrix.Rows).Transpose();
    }
}
