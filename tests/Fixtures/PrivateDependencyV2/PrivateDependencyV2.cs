namespace PluginLens.Fixtures;

[Analysis("private-dependency-v2", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class PrivateDependencyV2 : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note(PrivateLibrary.Answer.FromVersion2);
}
