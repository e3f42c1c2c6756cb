namespace PluginLens.Fixtures;

/// <summary>Its base class lies in an assembly that is missing.</summary>
[Analysis("broken", "Broken", Answers = "Nothing.")]
public sealed class Broken : PrivateLibrary.Base, IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}

[Analysis("whole", "Whole", Answers = "Whether a broken neighbour matters.")]
public sealed class Whole : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note("whole");
}
