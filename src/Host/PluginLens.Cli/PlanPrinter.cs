using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>What a run would cost, for people.</summary>
internal static class PlanPrinter
{
    /// <summary>Multiply-adds that a core of a current processor does in a second, times two: a cautious figure.</summary>
    private const double FlopsPerCore = 50e9;

    /// <summary>Prints the plan, or that the analysis cannot say; that is an answer too.</summary>
    /// <param name="id">The analysis.</param>
    /// <param name="cost">Its cost.</param>
    /// <param name="threads">Threads in use.</param>
    public static int Print(string id, Cost? cost, int threads)
    {
        if (cost is null)
        {
            Console.WriteLine($"{id} cannot say beforehand what it will cost.");
            return ExitCode.Success;
        }

        Console.WriteLine($"{id}: at most {Scaled(cost.Flops)}FLOP, {Scaled(cost.Bytes)}B of working memory beside the mapped weights");
        Console.WriteLine($"about {Seconds(cost, threads)} s at {FlopsPerCore / 1e9:0} GFLOP/s on each of {threads} threads{(cost.Prunes ? "; pruning makes it less" : string.Empty)}");
        return ExitCode.Success;
    }

    /// <summary>Prints the plans of all analyses.</summary>
    /// <param name="plans">One an analysis.</param>
    /// <param name="threads">Threads in use.</param>
    public static int Print(IReadOnlyList<PlannedRun> plans, int threads)
    {
        Columns.Print(["analysis", "at most", "memory", "seconds", ""], plans.Select(plan => plan.Cost is { } cost
            ? new[] { plan.Analysis, $"{Scaled(cost.Flops)}FLOP", $"{Scaled(cost.Bytes)}B", Seconds(cost, threads), cost.Prunes ? "pruning makes it less" : string.Empty }
            : [plan.Analysis, string.Empty, string.Empty, string.Empty, plan.Said]));
        return ExitCode.Success;
    }

    private static string Seconds(Cost cost, int threads) => $"{cost.Flops / (FlopsPerCore * threads):0.0##}";

    private static string Scaled(double value) => value switch
    {
        >= 1e15 => $"{value / 1e15:0.0} P",
        >= 1e12 => $"{value / 1e12:0.0} T",
        >= 1e9 => $"{value / 1e9:0.0} G",
        >= 1e6 => $"{value / 1e6:0.0} M",
        _ => $"{value / 1e3:0.0} k",
    };
}
