using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;
using PluginLens.Benchmarks;
using PluginLens.KernelBenchmarks;
using PluginLens.Numerics.Kernels;

// Arguments: FOLDER for the logs, then parts of names, e.g. Tile; none = all. In this process, so that nothing is generated or restored: it runs offline.
// Rates come from the least of many short times: what other work on the machine disturbs least.
var words = args.Skip(1).ToList();
var types = typeof(KernelBenchmark).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(KernelBenchmark))).OrderBy(type => type.Name, StringComparer.Ordinal)
    .Where(type => words.Count == 0 || words.Exists(word => type.Name.Contains(word, StringComparison.OrdinalIgnoreCase))).ToArray();
if (types.Length == 0)
{
    Console.Error.WriteLine($"kernels: no benchmark has a name with {string.Join(" or ", words)}.");
    return 2;
}

var peaks = KernelBenchmark.Widths.ToDictionary(bits => bits, bits => FmaPeak.Measure(bits switch { 512 => KernelWidth.Vector512, 256 => KernelWidth.Vector256, _ => KernelWidth.Vector128 }));
var copy = CopyPeak.Measure();
Console.WriteLine(Machine.Describe());
Console.WriteLine($"Peak of this run: {string.Join(", ", peaks.Select(peak => $"{peak.Value / 1e9:0} GFLOP/s at {peak.Key} bits"))}; copying within the second-level cache {copy / 1e9:0} GB/s, read and written.");
Console.WriteLine("Half a minute to two ...");

var config = ManualConfig.CreateEmpty()
    .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(25).WithIterationTime(TimeInterval.FromMilliseconds(10)))
    .AddLogger(NullLogger.Instance)
    .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByMethod)
    .AddColumn(
        TargetMethodColumn.Method,
        new RateColumn("with", "Parameters", (chosen, _, _) => string.Join(", ", chosen.Parameters.Items.Select(parameter => parameter.Name switch { "Bits" => $"{parameter.Value} bits", var name => $"{name.ToLowerInvariant()} {parameter.Value}" }))),
        StatisticColumn.Min,
        StatisticColumn.Median,
        new RateColumn("GFLOP/s", "Float64 counts double", (_, benchmark, time) => benchmark.Flop > 0 ? RateColumn.Text(benchmark.Flop / time, "0.0") : string.Empty),
        new RateColumn("GB/s", "Bytes read and written once", (_, benchmark, time) => benchmark.Bytes > 0 ? RateColumn.Text(benchmark.Bytes / time, "0.0") : string.Empty),
        new RateColumn("of peak", "Of the fused multiply-adds, or of the copies, of this run", (_, benchmark, time) => RateColumn.Text(100 * (benchmark.Flop > 0 ? benchmark.Flop / time * 1e9 / peaks[benchmark.PeakBits] : benchmark.Bytes / time * 1e9 / copy), "0") + " %"))
    .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableOptimizationsValidator | ConfigOptions.KeepBenchmarkFiles)
    .WithArtifactsPath(args.Length > 0 ? args[0] : Path.GetTempPath());
var summaries = BenchmarkRunner.Run(types, config);
foreach (var summary in summaries)
{
    foreach (var error in summary.ValidationErrors.Where(error => error.IsCritical))
    {
        Console.Error.WriteLine(error.Message);
    }

    MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Unicode);
}

return summaries.All(summary => summary.Reports.Length > 0 && summary.Reports.All(report => report.Success)) ? 0 : 1;
