namespace PluginLens.Fixtures;

public sealed class FutureContract : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
