namespace PluginLens.Fixtures;

/// <summary>Two analyses of one assembly share its statics: it is loaded once.</summary>
public static class Counter
{
    public static int Runs { get; set; }
}

[Analysis("first-analysis", "One of two", Answers = "How often analyses of this plugin ran.")]
[Writes("runs", typeof(CountedRun))]
[Writes("more-runs", typeof(CountedRun), When = "with another plugin")]
[Holds(Verdict.Exact, "it reads no model")]
public sealed class FirstAnalysis : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note($"run {++Counter.Runs}");
}

[Analysis("second-analysis", "The other", Answers = "How often analyses of this plugin ran.")]
public sealed class SecondAnalysis : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note($"run {++Counter.Runs}");
}

public sealed record CountedRun(int Number, Token Token);
