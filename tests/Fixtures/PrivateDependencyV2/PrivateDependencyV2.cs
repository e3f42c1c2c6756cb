namespace PluginLens.Fixtures;

public sealed class PrivateDependencyV2 : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note(PrivateLibrary.Answer.FromVersion2);
}
