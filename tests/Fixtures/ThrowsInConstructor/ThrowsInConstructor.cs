namespace PluginLens.Fixtures;

public sealed class ThrowsInConstructor : IAnalysis
{
    public ThrowsInConstructor() => throw new NotSupportedException("not today");

    public void Run(AnalysisContext context)
    {
    }
}
