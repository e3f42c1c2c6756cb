namespace PluginLens.Fixtures;

/// <summary>Finishes one row, then throws.</summary>
[Analysis("throws", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class Throws : IAnalysis
{
    public void Run(AnalysisContext context)
    {
        var table = context.Results.Table<Row>("rows");
        table.Add(new Row(1));
        throw new InvalidOperationException("first line\nsecond line");
    }
}

public sealed record Row(int Number);
