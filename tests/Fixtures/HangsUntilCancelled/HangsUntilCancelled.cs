namespace PluginLens.Fixtures;

[Analysis("hangs-until-cancelled", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class HangsUntilCancelled : IAnalysis
{
    public void Run(AnalysisContext context)
    {
        context.Results.Table<Row>("rows").Add(new Row(1));
        context.Progress.Report(new Progress(0, 1, "waiting"));
        context.Cancellation.WaitHandle.WaitOne();
        context.Cancellation.ThrowIfCancellationRequested();
    }
}

public sealed record Row(int Number);
