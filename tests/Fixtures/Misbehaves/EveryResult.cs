namespace PluginLens.Fixtures;

/// <summary>Pushes a value of every type, figures of the contract and of its own, a file, a note and a warning.</summary>
[Analysis("every-result", "Every kind of result", Answers = "A plugin for the tests of the host.")]
public sealed class EveryResult : IAnalysis
{
    public void Run(AnalysisContext context)
    {
        var token = context.Model.Token(3);
        var all = context.Results.Table<EveryRow>("every-type", groupBy: 1);
        all.Add(new EveryRow("a \"quoted\", text\nof two lines", 'x' + "\ud800", true, 1, -2, -3, 4, -5, uint.MaxValue, long.MinValue, 0.1f, 0.1, Misbehaviour.FailsFast, token));
        all.Add(new EveryRow(string.Empty, null, false, 255, -128, short.MinValue, ushort.MaxValue, int.MinValue, 0, long.MaxValue, float.PositiveInfinity, double.NegativeInfinity, null, null));
        all.Add(new EveryRow("é\u202e", "\t", true, 0, 0, 0, 0, 0, 0, 0, float.Epsilon, Math.PI, Misbehaviour.None, token));
        var few = context.Results.Table<EveryRow>("fewer-columns", 0, [nameof(EveryRow.Float), nameof(EveryRow.Token)]);
        Parallel.For(0, 200, number =>
        {
            lock (all)
            {
                few.Add(new EveryRow("same", null, true, 0, 0, 0, 0, 0, 0, 0, 0, 1.5, null, null));
            }
        });
        context.Results.Figure("heat", new Heatmap("Heat", "x", "y", ["a", "b"], ["c"], [[1.5, null]], Signed: true) { Scale = [new ColorStop(0, "white")] });
        context.Results.Figure("own", new OwnFigure("Own", [1, 2], new Inner("in", double.NaN)));
        context.Results.File("numbers.bin", stream =>
        {
            stream.Write([1, 2, 3, 4]);
            stream.Seek(1, SeekOrigin.Begin);
            stream.WriteByte(9);
        });
        context.Results.Note("a note");
        context.Results.Warn("a warning");
        context.Results.PromptsDone(context.Prompts.Count);
    }
}

public sealed record EveryRow(
    string Text, string? Missing, bool Flag, byte Byte, sbyte SByte, short Short, ushort UShort, int Int, uint UInt, long Long, float Float, double Double, Misbehaviour? Enum, Token? Token);

public sealed record OwnFigure(string Title, IReadOnlyList<int> Numbers, Inner Inner) : Figure(Title);

public sealed record Inner(string Name, double Value);
