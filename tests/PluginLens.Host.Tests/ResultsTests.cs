using PluginLens.Testing;

namespace PluginLens.Host.Tests;

/// <summary>What is refused in a run is refused in a test of an analysis, in the same words.</summary>
public sealed class ResultsTests
{
    public sealed record Row(int Number, Token Word, float? Score);

    public record Base(double Score);

    public sealed record Derived(double Score, int Number) : Base(Score);

    public sealed record NoColumns;

    public sealed record OddColumn(DateTime When);

    private static IEnumerable<TestCaseData> Mistakes()
    {
        static TestCaseData Case(string name, Action<Results> mistake) => new TestCaseData(mistake).SetArgDisplayNames(name);
        yield return Case("table not kebab-case", results => results.Table<Row>("Rows"));
        yield return Case("table twice", results => (results.Table<Row>("rows"), results.Table<Row>("rows")).ToString());
        yield return Case("too many group columns", results => results.Table<Row>("rows", groupBy: 5));
        yield return Case("too many group columns of those that are left", results => results.Table<Row>("rows", 3, ["Word"]));
        yield return Case("no such column to leave out", results => results.Table<Row>("rows", 0, ["Words"]));
        yield return Case("no columns", results => results.Table<NoColumns>("rows"));
        yield return Case("odd column", results => results.Table<OddColumn>("rows"));
        yield return Case("NaN in the second row", results =>
        {
            var table = results.Table<Row>("rows", groupBy: 4);
            table.Add(new Row(1, default, null));
            table.Add(new Row(1, default, float.NaN));
        });
        yield return Case("NaN in what a row inherits", results => results.Table<Derived>("rows").Add(new Derived(double.NaN, 1)));
        yield return Case("figure not kebab-case", results => results.Figure("a b", new Scatter("t", "x", "y", [])));
        yield return Case("figure twice", results =>
        {
            results.Figure("bars", new Scatter("t", "x", "y", []));
            results.Figure("bars", new Scatter("t", "x", "y", []));
        });
        yield return Case("file in another folder", results => results.File("../x", _ => { }));
        yield return Case("hidden file", results => results.File(".x", _ => { }));
    }

    [TestCaseSource(nameof(Mistakes))]
    public void Mistake_IsRefusedByHostAndFakeAlike(Action<Results> mistake)
    {
        var inRun = Assert.Catch<ArgumentException>(() => mistake(new StoredResults(new ResultStore())))!;

        Assert.That(() => mistake(new CollectedResults()), Throws.TypeOf(inRun.GetType()).With.Message.EqualTo(inRun.Message));
    }

    [Test]
    public void Table_WithoutSomeColumns_HasTheOthers()
    {
        var store = new ResultStore();
        foreach (var results in new Results[] { new StoredResults(store), new TurnResults(store, "one", "one") })
        {
            results.Table<Row>("plain", 1, []).Add(new Row(1, new Token(2, "two"), 3));
            results.Table<Row>("fewer", 1, ["Word"]).Add(new Row(1, new Token(2, "two"), 3));
        }

        string[] Columns(string name) => [.. store.Tables.Single(table => table.Name == name).Columns.Select(column => column.Name)];
        Assert.That(Columns("plain"), Is.EqualTo(["number", "word", "word_id", "score"]));
        Assert.That(Columns("fewer"), Is.EqualTo(["number", "score"]));
        Assert.That(Columns("fewer-one"), Is.EqualTo(["model", "number", "score"]));
    }

    [Test]
    public void Notes_AreOneLine()
    {
        var (store, fake) = (new ResultStore(), new CollectedResults());
        foreach (var results in new Results[] { new StoredResults(store), fake })
        {
            results.Note(" first\nsecond ");
            results.Warn("a\r\nb");
        }

        Assert.That((store.Notes.Single(), store.Warnings.Single()), Is.EqualTo(("first second", "a b")));
        Assert.That((fake.Notes.Single(), fake.Warnings.Single()), Is.EqualTo(("first second", "a b")));
    }

    [Test]
    public void FileTwice_IsRefused()
    {
        var fake = new CollectedResults();
        fake.File("x.bin", _ => { });

        Assert.That(() => fake.File("x.bin", _ => { }), Throws.ArgumentException.With.Message.Contains("already written"));
    }
}
