namespace PluginLens.Fixtures;

public sealed class NoManifest : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
