namespace PluginLens.Fixtures;

/// <summary>Prints wherever its code runs: standard output belongs to the result all the same.</summary>
[Analysis("writes-to-console", "Prints", Answers = "A plugin for the tests of the host.")]
public sealed class WritesToConsole : Analysis<WritesToConsoleOptions>
{
    public WritesToConsole() => Console.WriteLine("printed by the constructor");

    protected override void Run(AnalysisContext context, WritesToConsoleOptions options)
    {
        Console.WriteLine("printed by the analysis");
        Task.Run(() => Console.Out.WriteLine("printed by a task")).Wait();
        context.Results.Table<PrintedRow>("rows").Add(new PrintedRow(1));
    }
}

public sealed record PrintedRow(int Number);

public sealed record WritesToConsoleOptions
{
    public WritesToConsoleOptions() => Console.WriteLine("printed by the options");

    [Help("Nothing.")]
    public int K { get; init; }
}
