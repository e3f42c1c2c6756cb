using PluginLens.Numerics;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Benchmarks;

/// <summary>
/// align-layers of two BERT-base-sized models in kernel form: the kernels of the two embeddings once, then blocks of
/// 3,072 x 3,072 FF vectors. Two layers of each model stand for twelve: 4 blocks are measured, 144 make the group.
/// </summary>
internal static class PearsonBenchmark
{
    public static void Run(Report report, Factors factors, int repetitions)
    {
        const int Vocabulary = 30522, Model = 768, Mlp = 3072, Layers = 2;
        var e1 = factors.Make("pearson_e1", 7, Vocabulary, Model, 0.1);
        var e2 = factors.Make("pearson_e2", 8, Vocabulary, Model, 0.1);
        var x = factors.Make("pearson_x", 9, Layers * Mlp, Model, 0.1);
        var y = factors.Make("pearson_y", 10, Layers * Mlp, Model, 0.1);
        var width = KernelWidths.Best;
        var compute = new CpuCompute(1);
        var kernel = compute.PearsonKernel(e1, e2);

        // A float64 product runs at half the float32 peak: counted double, so that the limit is the processor's.
        report.Add("pearson kernels (float64)", Timing.Least(repetitions, () => kernel = compute.PearsonKernel(e1, e2)), 2 * 3 * 2.0 * Vocabulary * Model * Model, width);
        Matrix[] Split(Matrix matrix) => [.. Enumerable.Range(0, Layers).Select(layer => matrix.Slice(layer * Mlp, Mlp))];
        report.Add("pearson blocks, 4 (float64)", Timing.Least(repetitions, () => compute.MeanAbsoluteCorrelations(kernel, Split(x), Split(y))), 2 * 2.0 * Mlp * Model * ((Layers * Layers * Mlp) + (3 * Layers * Model)), width);
    }
}
