using PluginLens.Benchmarks;
using PluginLens.Numerics.Kernels;

// Arguments: [--data FOLDER] [--repetitions N] [parts...]; parts: head ffn pearson maps product; none = all.
var arguments = args.ToList();
var folder = Option("--data");
var repetitions = int.Parse(Option("--repetitions") ?? "5");
var report = new Report(folder);
var factors = new Factors(folder);
foreach (var width in new[] { KernelWidth.Vector128, KernelWidth.Vector256, KernelWidth.Vector512 }.Where(width => width <= KernelWidths.Best))
{
    report.AddPeak(width, FmaPeak.Measure(width));
}

foreach (var (name, part) in new (string Name, Action Part)[]
{
    ("head", () => HeadBenchmark.Run(report, factors, repetitions)),
    ("ffn", () => FfnBenchmark.Run(report, factors, repetitions)),
    ("pearson", () => PearsonBenchmark.Run(report, factors, repetitions)),
    ("maps", () => MapBenchmark.Run(report, factors, repetitions)),
    ("product", () => ProductBenchmark.Run(report, repetitions)),
})
{
    if (arguments.Count == 0 || arguments.Contains(name))
    {
        part();
    }
}

string? Option(string name)
{
    var index = arguments.IndexOf(name);
    if (index < 0 || index + 1 >= arguments.Count)
    {
        return null;
    }

    var value = arguments[index + 1];
    arguments.RemoveRange(index, 2);
    return value;
}
