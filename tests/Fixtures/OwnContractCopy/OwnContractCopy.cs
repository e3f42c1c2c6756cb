namespace PluginLens.Fixtures;

[Analysis("own-contract-copy", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class OwnContractCopy : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note("the host's contract won");
}
