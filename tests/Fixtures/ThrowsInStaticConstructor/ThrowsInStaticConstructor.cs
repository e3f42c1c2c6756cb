namespace PluginLens.Fixtures;

public sealed class ThrowsInStaticConstructor : IAnalysis
{
    private static readonly int Number = int.Parse("none", null);

    public void Run(AnalysisContext context) => context.Results.Note($"{Number}");
}
