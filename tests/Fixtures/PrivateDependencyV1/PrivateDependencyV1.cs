namespace PluginLens.Fixtures;

[Analysis("private-dependency-v1", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class PrivateDependencyV1 : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note(PrivateLibrary.Answer.FromVersion1);
}

/// <summary>Metadata of this assembly do not tell whether its base class is an analysis.</summary>
[Analysis("base-elsewhere", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class BaseElsewhere : PrivateLibrary.Base
{
}
