namespace PluginLens.Fixtures;

public sealed class FirstAnalysis : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}

public sealed class SecondAnalysis : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
