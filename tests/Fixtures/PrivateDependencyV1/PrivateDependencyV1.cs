namespace PluginLens.Fixtures;

public sealed class PrivateDependencyV1 : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note(PrivateLibrary.Answer.FromVersion1);
}
