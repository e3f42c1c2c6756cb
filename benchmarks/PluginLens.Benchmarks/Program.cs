using PluginLens.Benchmarks;
using PluginLens.Numerics.Kernels;

// Arguments: [--data FOLDER] [--picture FILE] [--repetitions N] [parts...]; parts: head ffn pearson maps product, which are all when none is named, and scaling, which draws the picture.
var arguments = args.ToList();
var folder = Option("--data");
var picture = Option("--picture");
var repetitions = int.Parse(Option("--repetitions") ?? "5");
var report = new Report(folder);
var factors = new Factors(folder);
var parts = new (string Name, Action Part)[]
{
    ("head", () => HeadBenchmark.Run(report, factors, repetitions)),
    ("ffn", () => FfnBenchmark.Run(report, factors, repetitions)),
    ("pearson", () => PearsonBenchmark.Run(report, factors, repetitions)),
    ("maps", () => MapBenchmark.Run(report, factors, repetitions)),
    ("product", () => ProductBenchmark.Run(report, repetitions)),
    ("scaling", Scaling),
};
if (arguments.Find(argument => !parts.Select(part => part.Name).Contains(argument)) is { } unknown)
{
    Console.Error.WriteLine($"benchmarks: there is no part {unknown}; parts are {string.Join(", ", parts.Select(part => part.Name))}; kernels, sweeps and targets stand alone after ./benchmarks/run.");
    return 2;
}

report.AddMachine(Machine.Describe());
foreach (var width in new[] { KernelWidth.Vector128, KernelWidth.Vector256, KernelWidth.Vector512 }.Where(width => width <= KernelWidths.Best))
{
    report.AddPeak(width, FmaPeak.Measure(width));
}

foreach (var (name, part) in parts)
{
    if (arguments.Count == 0 ? name != "scaling" : arguments.Contains(name))
    {
        part();
    }
}

return 0;

void Scaling()
{
    var machine = Machine.Describe();
    var charts = ScalingBenchmark.Run(report, repetitions);
    if (picture is not null)
    {
        ScalingPicture.Write(picture, ["The 50 best pairs of a head", $"{machine}; ./benchmarks/run scaling, the least of {repetitions} (threads: of {repetitions * ScalingBenchmark.TimesMore})", $"FLOP limit: 2 V² d_head at {report.Peaks[KernelWidths.Best] / 1e9:0} GFLOP/s, the float32 peak of one thread in the same run"], charts);
        Console.WriteLine($"Drawn: {picture}");
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
