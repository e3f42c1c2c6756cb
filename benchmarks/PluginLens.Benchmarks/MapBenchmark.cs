using PluginLens.Numerics;

namespace PluginLens.Benchmarks;

/// <summary>Maps of 1,500 and 5,000 rows of 384 dimensions in twenty clumps: components, t-SNE of 1,000 steps, UMAP of 500 epochs.</summary>
internal static class MapBenchmark
{
    private const int Width = 384;
    private const int Clumps = 20;

    public static void Run(Report report, Factors factors, int repetitions)
    {
        var compute = new CpuCompute(1);
        foreach (var rows in new[] { 1500, 5000 })
        {
            var centres = factors.Make("maps_centres", 11, Clumps, Width, 0).Data.ToArray();
            var data = factors.Make($"maps_{rows}", 12, rows, Width, 0).Data.ToArray();
            for (var at = 0; at < data.Length; at++)
            {
                data[at] += centres[(at / Width % Clumps * Width) + (at % Width)];
            }

            var x = new Matrix(data, rows, Width);
            report.Add($"principal components, {rows} rows", Timing.Least(repetitions, () => compute.PrincipalComponents(x, 2)));
            report.Add($"t-SNE, {rows} rows", Timing.Least(repetitions, () => compute.TSne(x, 2, 30, 200, 1000)));
            report.Add($"UMAP, {rows} rows", Timing.Least(repetitions, () => compute.Umap(x, 2, 15, 0.1, 500, 1)));
        }
    }
}
