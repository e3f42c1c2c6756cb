namespace PluginLens.Fixtures;

[Analysis("brings-future-library", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class BringsFutureLibrary : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note(FutureLibrary.Helper.Name);
}
