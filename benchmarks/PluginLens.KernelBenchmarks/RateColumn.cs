using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace PluginLens.KernelBenchmarks;

/// <summary>A figure made of the least time of a benchmark and what its work comes to.</summary>
/// <param name="name">Title of the column.</param>
/// <param name="legend">What it says.</param>
/// <param name="text">Makes it of the parameters, the benchmark and nanoseconds.</param>
internal sealed class RateColumn(string name, string legend, Func<BenchmarkCase, KernelBenchmark, double, string> text) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "failed";
        }

        var type = benchmarkCase.Descriptor.Type;
        var benchmark = (KernelBenchmark)Activator.CreateInstance(type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items)
        {
            type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
        }

        return text(benchmarkCase, benchmark, statistics.Min);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    /// <summary>A number as the table writes it.</summary>
    /// <param name="value">The number.</param>
    /// <param name="format">Its format.</param>
    public static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
