using PluginLens.Fuzz;

// fuzz [TARGET] [--inputs N] [--seed S]      damaged inputs of one target, or of all
// fuzz TARGET FILE-OR-FOLDER…                inputs as they are: a corpus, or what a fuzzer found
// fuzz TARGET --afl | --libfuzzer            run by one of these, on assemblies that sharpfuzz has instrumented
var named = args.Length > 0 && !args[0].StartsWith("--", StringComparison.Ordinal);
var rest = named ? args[1..] : args;
var chosen = Targets.All.Where(target => !named || target.Name == args[0]).ToList();
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"No target '{args[0]}'. Targets:\n  {string.Join("\n  ", Targets.All.Select(target => target.Name))}");
    return 2;
}

if (rest.Contains("--libfuzzer"))
{
    SharpFuzz.Fuzzer.LibFuzzer.Run(bytes => Read(bytes.ToArray()));
    return 0;
}

if (rest.Contains("--afl"))
{
    SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        Read(copy.ToArray());
    });
    return 0;
}

var files = rest.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))
    .SelectMany(IEnumerable<string> (path) => Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [path]).ToList();
var (inputs, seed, faults) = (Option("--inputs"), Option("--seed") ?? 1, 0);
foreach (var target in chosen)
{
    var run = new FuzzRun(target);
    var figures = files.Count > 0 ? run.Given(files.Select(file => (file, File.ReadAllBytes(file)))) : run.Damaged(inputs ?? target.Inputs, seed);
    Console.WriteLine($"{target.Name,-50} {figures}");
    foreach (var fault in figures.Faults)
    {
        Console.WriteLine($"  {fault}");
        faults++;
    }
}

return faults == 0 ? 0 : 1;

int? Option(string name) => Array.IndexOf(rest, name) is >= 0 and var at && at + 1 < rest.Length ? int.Parse(rest[at + 1], System.Globalization.CultureInfo.InvariantCulture) : null;

// A refusal is no crash.
void Read(byte[] bytes)
{
    try
    {
        chosen[0].Read(bytes);
    }
    catch (Exception error) when (error is PluginLens.ModelException or PluginLens.UsageException)
    {
    }
}
