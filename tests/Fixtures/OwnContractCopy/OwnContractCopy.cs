namespace PluginLens.Fixtures;

public sealed class OwnContractCopy : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note("the host's contract won");
}
