namespace PluginLens.Host.Tests;

/// <summary>Results with every kind of column and figure, as a format writes them.</summary>
internal static class SampleResults
{
    public enum Kind
    {
        FirstHalf,
        Rest,
    }

    public sealed record Row(int Layer, Token Input, double? Score, Kind Kind, string? Remark, bool Good);

    [Holds(Verdict.Exact, "it reads no weights")]
    public sealed class Some : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("pairs", groupBy: 1);
            for (var layer = 0; layer < 2; layer++)
            {
                table.Add(new Row(layer, context.Model.Token(0), 1.5, Kind.FirstHalf, "a|b, \"c\"", true));
                table.Add(new Row(layer, context.Model.Token(2), -0.1, Kind.Rest, null, false));
                table.Add(new Row(layer, new Token(9, string.Empty), null, Kind.Rest, "two\nlines", false));
            }

            context.Results.Note("W_E");
        }
    }

    public sealed class Figures : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            context.Results.Figure("map", new Heatmap("Title", "x", "y", ["a", "b"], ["c"], [[1, null]], Signed: true));
            context.Results.Figure("points", new Scatter("Points", "x", "y", [new ScatterPoint(1, double.NaN, "p")]));
        }
    }

    public static string Written<T>(string format, ResultView? view = null)
        where T : IAnalysis, new()
    {
        using var text = new StringWriter { NewLine = "\n" };
        ResultWriter.Of(format).Write(InlinePlugin.Run<T>(), text, view ?? new ResultView { Rows = 2 });
        return text.ToString();
    }
}
