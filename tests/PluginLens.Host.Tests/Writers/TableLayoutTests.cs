namespace PluginLens.Host.Tests.Writers;

public sealed class TableLayoutTests
{
    private static readonly Column[] Columns =
    [
        new("layer", ColumnKind.Integer, row => ((Row)row).Layer),
        new("input", ColumnKind.Token, row => ((Row)row).Input),
        new("input_id", ColumnKind.Integer, row => ((Row)row).Id),
        new("score", ColumnKind.Number, row => ((Row)row).Score),
    ];

    [Test]
    public void WideEnough_EverythingIsShown()
    {
        var layout = Layout(40, new Row(1, " king", 12345, 0.5), new Row(10, "q", 7, -12));

        Assert.That(Text(layout), Is.EqualTo("""
            layer  input  input_id     score
                1  ·king     12345    0.5000
               10  q             7  -12.0000
            """));
        Assert.That((layout.LeftOut, layout.Width), Is.EqualTo((string.Empty, 32)));
    }

    [Test]
    public void TooNarrow_IdsGoFirst_ThenTextsAreShortened_ThenColumnsGoFromTheRight_AndItIsSaid()
    {
        var row = new Row(1, " extraordinarily", 12345, 0.5);

        Assert.That((Text(Layout(31, row)), Layout(31, row).LeftOut), Is.EqualTo(("""
            layer  input              score
                1  ·extraordinarily  0.5000
            """, "left out: input_id")));
        Assert.That((Text(Layout(25, row)), Layout(25, row).LeftOut), Is.EqualTo(("""
            layer  input        score
                1  ·extraord…  0.5000
            """, "left out: input_id; texts shortened")));
        Assert.That((Text(Layout(16, row)), Layout(16, row).LeftOut), Is.EqualTo(("""
            layer  input
                1  ·extraor…
            """, "left out: input_id, score; texts shortened")));
        Assert.That(Layout(3, row).Header, Is.EqualTo(new[] { "layer" }), "numbers are never broken");
    }

    [Test]
    public void TooNarrow_WhatIsTheSameInEveryRow_GoesBeforeTextsAreShortened_AndIsSaid()
    {
        Row[] rows = [new Row(1, " extraordinarily", 1, 0.5), new Row(1, " king", 12, 0.5)];

        var layout = Layout(24, rows);

        Assert.That((Text(layout), layout.LeftOut), Is.EqualTo(("""
            input              score
            ·extraordinarily  0.5000
            ·king             0.5000
            """, "left out: input_id; the same in every row shown: layer 1")));
        Assert.That((Text(Layout(14, rows)), Layout(14, rows).LeftOut), Is.EqualTo(("""
            input
            ·extraordinar…
            ·king
            """, "left out: input_id; the same in every row shown: layer 1, score 0.5000; texts shortened")));
        Assert.That(Layout(24, rows[0]).LeftOut, Is.EqualTo("left out: input_id; texts shortened"), "of one row, everything is the same");
    }

    [Test]
    public void TooNarrow_TheWidestTextsAreShortened_AndWhatLeavesGivesThemItsRoom()
    {
        Column[] columns = [.. "abc".Select(name => new Column($"{name}", ColumnKind.Text, row => ((string[])row)[name - 'a']))];
        var table = new TableData("t", columns, 0);
        table.Add((string[])[new('a', 30), new('b', 20), new('c', 9)]);
        table.Add((string[])["x", "y", "z"]);

        int[] Widths(int width) => [.. new TableLayout(table, TableLine.Of(table, 0), width).Header.Select(name => name.Length)];

        Assert.That(Widths(63), Is.EqualTo(new[] { 30, 20, 9 }));
        Assert.That(Widths(60), Is.EqualTo(new[] { 27, 20, 9 }));
        Assert.That(Widths(47), Is.EqualTo(new[] { 17, 17, 9 }));
        Assert.That(Widths(28), Is.EqualTo(new[] { 8, 8, 8 }));
        Assert.That(Widths(27), Is.EqualTo(new[] { 12, 13 }));
    }

    [TestCase(0.5, 0.001, "0.5000", "0.0010")]
    [TestCase(0.5, 0.0001, "0.500000", "0.000100")]
    [TestCase(0.5, 1e-9, "0.500000", "0.000000")]
    [TestCase(0.5, 0, "0.5000", "0")]
    [TestCase(2e6, 0.5, "2.000e+6", "5.000e-1")]
    [TestCase(2e-4, -1e-7, "2.000e-4", "-1.000e-7")]
    [TestCase(double.PositiveInfinity, 0.5, "Infinity", "0.5000")]
    public void Numbers_OfAColumn_HaveOneFormat(double first, double second, string shownFirst, string shownSecond)
    {
        var lines = Layout(80, new Row(1, "a", 1, first), new Row(1, "b", 2, second)).Lines.Select(line => line.Cells[3].Trim());

        Assert.That(lines, Is.EqualTo(new[] { shownFirst, shownSecond }));
    }

    [Test]
    public void WideCharacters_AndNoRows_StayAligned()
    {
        Assert.That(Text(Layout(80, new Row(1, "日本", 1, 1), new Row(2, "e\u0301", 22, 1))), Is.EqualTo("""
            layer  input  input_id   score
                1  日本          1  1.0000
                2  é            22  1.0000
            """.Replace("é", "e\u0301", StringComparison.Ordinal)));
        Assert.That(Text(Layout(80)), Is.EqualTo("layer  input  input_id  score"));
    }

    [TestCase(20, 20, 0)]
    [TestCase(21, 5, 16)]
    [TestCase(5, 5, 0)]
    public void Groups_OfUpToTwenty_AreShownWhole(int rows, int shown, int omitted)
    {
        var table = Table([.. Enumerable.Range(0, rows).Select(at => new Row(1, "a", at, 1)), new Row(2, "b", 0, 1)]);

        var lines = TableLine.Of(table, rows: null).ToList();

        Assert.That(lines.Count(line => line.Row is Row { Layer: 1 }), Is.EqualTo(shown));
        Assert.That(lines.Where(line => line.Row is null).Select(line => line.Omitted), Is.EqualTo(omitted == 0 ? [] : new[] { $"… {omitted} more" }));
        Assert.That(lines[^1], Is.EqualTo(new TableLine(table.Rows[^1], string.Empty, true)));
        Assert.That(TableLine.Of(table, 0).Count(), Is.EqualTo(rows + 1));
    }

    private static TableData Table(params Row[] rows)
    {
        var table = new TableData("t", Columns, 1);
        Array.ForEach(rows, table.Add);
        return table;
    }

    private static TableLayout Layout(int width, params Row[] rows) => new(Table(rows), TableLine.Of(Table(rows), 0), width);

    private static string Text(TableLayout layout) =>
        string.Join('\n', layout.Lines.Select(line => line.Cells).Prepend(layout.Header).Select(cells => string.Join("  ", cells).TrimEnd()));

    private sealed record Row(int Layer, string Input, int Id, double Score);
}
