namespace PluginLens.Fixtures;

[Analysis("throws-in-constructor", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class ThrowsInConstructor : IAnalysis
{
    public ThrowsInConstructor() => throw new NotSupportedException("not today");

    public void Run(AnalysisContext context)
    {
    }
}
