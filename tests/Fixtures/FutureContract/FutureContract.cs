namespace PluginLens.Fixtures;

[Analysis("future-contract", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class FutureContract : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
