using Newtonsoft.Json;

namespace PluginLens.Host.Tests;

public sealed class StoredFigureTests
{
    private static Figure[] Figures =>
    [
        new Heatmap("T \uFFFD", "x", "y", ["a", " b"], ["c"], [[1.25, null]], Signed: true) { Scale = [new ColorStop(0, "white"), new ColorStop(1, "red")] },
        new TokenGrid("T", "x", "y", ["a"], ["c", "\n"], [[new TokenCell(" the", 0.1, "more")], [new TokenCell(string.Empty, null)]]),
        new Chart("2026-11-28T00:00:00Z", "x", "y", ["a", "b"], [new Series("s", [1e-300, null])], AsBars: true),
        new Scatter("T", "x", "y", [new ScatterPoint(1, 2, "l", "g", 3), new ScatterPoint(1, -2, "l")]),
    ];

    [TestCaseSource(nameof(Figures))]
    public void Read_GivesTheFigureThatWasWritten(Figure figure)
    {
        using var folder = new TemporaryFolder();

        Assert.That(Json(StoredFigure.Read(folder.File("figure.json", Json(figure)))), Is.EqualTo(Json(figure)));
    }

    private static string Json(Figure figure)
    {
        using var text = new StringWriter();
        using var json = new JsonTextWriter(text);
        FigureJson.Write(json, figure);
        return text.ToString();
    }
}
