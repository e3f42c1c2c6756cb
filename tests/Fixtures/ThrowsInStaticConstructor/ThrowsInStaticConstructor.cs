namespace PluginLens.Fixtures;

[Analysis("throws-in-static-constructor", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class ThrowsInStaticConstructor : IAnalysis
{
    private static readonly int Number = int.Parse("none", null);

    public void Run(AnalysisContext context) => context.Results.Note($"{Number}");
}
