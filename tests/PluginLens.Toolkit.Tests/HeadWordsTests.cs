namespace PluginLens.Toolkit.Tests;

public sealed class HeadWordsTests
{
    [Test]
    public void Add_GivesEachListWithItsHeadAndColumn_AndTheFigureARowForEachHead()
    {
        var words = new HeadWords([3, 1], ["one", "two"]);
        TokenList[] lists = [.. Enumerable.Range(0, 4).Select(id => new TokenList([id], [id / 2.0]))];

        var first = words.Add(0, lists, Cell);
        words.Add(5, lists, Cell);
        var figure = words.Figure("title", "word");

        Assert.That(first.Select(entry => (entry.Head, entry.Column, entry.List.Ids[0])), Is.EqualTo(new[] { (3, 0, 0), (3, 1, 1), (1, 0, 2), (1, 1, 3) }));
        Assert.That(figure.YLabels, Is.EqualTo(new[] { "0.3", "0.1", "5.3", "5.1" }));
        Assert.That((figure.Title, figure.XTitle, figure.YTitle), Is.EqualTo(("title", "word", "layer.head")));
        Assert.That(figure.XLabels, Is.EqualTo(new[] { "one", "two" }));
        Assert.That(figure.Cells.Select(row => string.Join(' ', row.Select(cell => cell.Text))), Is.EqualTo(new[] { "w0 w1", "w2 w3", "w0 w1", "w2 w3" }));
        static TokenCell Cell(TokenList list) => new($"w{list.Ids[0]}", list.Scores[0]);
    }
}
