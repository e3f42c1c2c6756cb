namespace PluginLens.Fixtures;

/// <summary>Implements the interface but does not say that it is an analysis.</summary>
public sealed class Undeclared : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
