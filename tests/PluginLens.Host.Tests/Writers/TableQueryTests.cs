namespace PluginLens.Host.Tests.Writers;

public sealed class TableQueryTests
{
    private static readonly Column[] Columns =
    [
        new("layer", ColumnKind.Text, row => ((Row)row).Layer),
        new("output", ColumnKind.Token, row => ((Row)row).Output),
        new("rank", ColumnKind.Integer, row => ((Row)row).Rank),
        new("score", ColumnKind.Number, row => ((Row)row).Score),
        new("share", ColumnKind.Number, row => ((Row)row).Share),
        new("good", ColumnKind.Boolean, row => ((Row)row).Good),
    ];

    private static readonly Row[] Rows =
    [
        new("embed", " the", 1, 0.5, 0.1f, true),
        new("2", "The", 2, null, -2, false),
        new("10", " king's", 3, -3, 0.5f, true),
        new("2", string.Empty, 4, 0.5, null, false),
        new("0", "12", 5, 1e9, float.PositiveInfinity, true),
    ];

    [TestCase("score > 0.5", "5")]
    [TestCase("score >= .5", "1,4,5")]
    [TestCase("score < 0", "3")]
    [TestCase("score<=-3", "3")]
    [TestCase("score = 5e-1", "1,4")]
    [TestCase("score == +1000000000", "5")]
    [TestCase("score != 0.5", "2,3,5")]
    [TestCase("score = \"\"", "2")]
    [TestCase("score != ''", "1,3,4,5")]
    [TestCase("share = 0.1", "1")]
    [TestCase("share > 0.1", "3,5")]
    [TestCase("share < 1e30", "1,2,3")]
    [TestCase("rank >= 2 and rank < 4", "2,3")]
    [TestCase("RANK = 2", "2")]
    [TestCase("layer > 1", "2,3,4")]
    [TestCase("layer = 2", "2,4")]
    [TestCase("layer = embed", "1")]
    [TestCase("layer != embed AND good = false", "2,4")]
    [TestCase("output = ' the'", "1")]
    [TestCase("output = ·the", "1")]
    [TestCase("output = the", "")]
    [TestCase("output ~ THE", "1,2")]
    [TestCase("output contains ' king''s'", "3")]
    [TestCase("output contains \" king's\"", "3")]
    [TestCase("output = ''", "4")]
    [TestCase("output = 12", "5")]
    [TestCase("good=true", "1,3,5")]
    public void Where_KeepsTheRowsThatFulfilIt(string where, string ranks) => Assert.That(Ranks(Of(where: [where])), Is.EqualTo(ranks));

    [Test]
    public void Where_Repeated_HasToHoldAltogether() => Assert.That(Ranks(Of(where: ["score > 0", "share > 0.2"])), Is.EqualTo("5"));

    [TestCase("", "expected the name of a column, found the end")]
    [TestCase("> 1", "expected the name of a column, found '>'")]
    [TestCase("score", "expected =, !=, <, <=, >, >= or ~ (contains), found the end")]
    [TestCase("score 1", "expected =, !=, <, <=, >, >= or ~ (contains), found '1'")]
    [TestCase("score >", "expected a value, found the end")]
    [TestCase("output = New York", "expected 'and' or the end (a value with spaces stands in quotes), found 'York'")]
    [TestCase("rank > 1 or rank < 2", "expected 'and' or the end (a value with spaces stands in quotes), found 'or'")]
    [TestCase("output = 'the", "expected a closing ', found the end")]
    [TestCase("rank > 1 and", "expected the name of a column, found the end")]
    public void Where_ThatCannotBeRead_IsAnErrorOfOneLine(string where, string said) =>
        Assert.That(() => Of(where: [where]), Throws.TypeOf<UsageException>().With.Message.EqualTo($"--where '{where}': {said}; such as \"score > 0.5 and output = ' the'\"."));

    [TestCase("score > much", "'score' holds numbers; expected one, found 'much'")]
    [TestCase("score = NaN", "'score' holds numbers; expected one, found 'NaN'")]
    [TestCase("rank != 1,000", "'rank' holds numbers; expected one, found '1,000'")]
    [TestCase("good > 0", "'good' is true or false")]
    [TestCase("good = yes", "expected good = true or good = false")]
    [TestCase("output < 3", "'output' holds tokens, which compare with =, != and ~ (contains)")]
    [TestCase("layer > embed", "found 'embed'")]
    public void Where_ThatTheColumnCannotAnswer_IsAnError(string where, string said) =>
        Assert.That(() => Of(where: [where]), Throws.TypeOf<UsageException>().With.Message.StartsWith($"--where '{where}': ").And.Message.Contains(said));

    [TestCase("score", "3,1,4,5,2")]
    [TestCase("-score", "5,1,4,3,2")]
    [TestCase("score desc", "5,1,4,3,2")]
    [TestCase("score ASC", "3,1,4,5,2")]
    [TestCase("share", "2,1,3,5,4")]
    [TestCase("layer", "5,2,4,3,1")]
    [TestCase("-layer", "1,3,2,4,5")]
    [TestCase("layer,-rank", "5,4,2,3,1")]
    [TestCase("good, -score", "4,2,5,1,3")]
    [TestCase("output", "4,3,1,5,2")]
    public void Sort_IsByNumbers_Stable_AndWhatIsEmptyComesLast(string sort, string ranks) => Assert.That(Ranks(Of(sort: [sort])), Is.EqualTo(ranks));

    [TestCase("-", "--sort '-'")]
    [TestCase("score up", "--sort 'score up'")]
    [TestCase("-score desc", "--sort '-score desc'")]
    [TestCase("score,", "--sort 'score,'")]
    [TestCase("", "--sort ''")]
    public void Sort_ThatCannotBeRead_IsAnError(string sort, string said) => Assert.That(() => Of(sort: [sort]), Throws.TypeOf<UsageException>().With.Message.StartsWith(said));

    [Test]
    public void Columns_StandAsNamed_AndGroupsStayThoseOfTheTable()
    {
        var table = Of(columns: ["score, rank"]);

        Assert.That(table.Columns.Select(column => column.Name), Is.EqualTo(new[] { "score", "rank" }));
        Assert.That(TableLine.Of(table, 0).Select(line => line.StartsGroup), Is.EqualTo(new[] { false, true, true, true, true }));
        Assert.That(() => Of(columns: ["rank,Rank"]), Throws.TypeOf<UsageException>().With.Message.EqualTo("--columns names 'rank' twice."));
        Assert.That(() => Of(columns: ["rank,,score"]), Throws.TypeOf<UsageException>().With.Message.StartsWith("--columns 'rank,,score'"));
    }

    [Test]
    public void Groups_OfOneRowEach_AreNone()
    {
        TableData Chosen(string where)
        {
            var table = new TableData("t", Columns, 1);
            Array.ForEach([Rows[0], Rows[1], Rows[3], Rows[2]], table.Add);
            return TableQuery.Parse([where], [], [], null).Of(table);
        }

        Assert.That(TableLine.Of(Chosen("rank > 0"), 0).Select(line => line.StartsGroup), Is.EqualTo(new[] { false, true, false, true }));
        Assert.That(TableLine.Of(Chosen("rank != 4"), 0).Select(line => line.StartsGroup), Is.EqualTo(new[] { false, false, false }));
    }

    [Test]
    public void Top_IsOfTheTable_AfterTheOthers()
    {
        var table = Of(where: ["rank > 1"], sort: ["-score"], top: 2);

        Assert.That(Ranks(table), Is.EqualTo("5,4"));
        Assert.That(ResultSummary.OfTable(table), Is.EqualTo("2 of 5 rows"));
        Assert.That(ResultSummary.OfTable(Of(top: 9)), Is.EqualTo("5 rows"));
        Assert.That(TableLine.Of(table, 0).Any(line => line.StartsGroup), Is.False, "an order of its own has no groups");
        Assert.That(() => Of(top: 0), Throws.TypeOf<UsageException>().With.Message.EqualTo("--top 0: expected a positive number of rows."));
        Assert.That((new TableQuery { Top = 3 }.Rows, TableQuery.Parse([], ["rank"], [], null).Rows, TableQuery.Parse(["rank > 1"], [], [], null).Rows, new TableQuery().Rows), Is.EqualTo(((int?)0, (int?)20, (int?)20, (int?)null)));
    }

    [Test]
    public void UnknownColumn_IsSuggested_AndTablesWithoutOneAreLeftOutAndNamed()
    {
        (string, IReadOnlyList<Column>)[] tables = [("rows", Columns), ("sums", [Columns[0], new("total", ColumnKind.Number, _ => 1.0)])];

        Assert.That(() => TableQuery.Parse(["scor > 1"], [], [], null).Check(tables), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "--where 'scor > 1': no table has a column 'scor'; did you mean 'score'? Known: layer, output, rank, score, share, good, total."));
        Assert.That(() => TableQuery.Parse([], ["zzz"], [], null).Check([tables[1]]), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "--sort 'zzz': table 'sums' has no column 'zzz'. Known: layer, total."));
        Assert.That(() => TableQuery.Parse([], ["total"], ["layer,score"], null).Check(tables), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "No table has all the columns that are named: 'total' is in sums, 'layer' is in rows and sums, 'score' is in rows."));
        Assert.That(() => TableQuery.Parse(["score > 1"], [], [], null).Check(tables), Throws.Nothing);
        Assert.That(() => TableQuery.Parse(["layer != Output"], [], [], null).Check(tables[..1]), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "--where 'layer != Output': 'output' is a column, and columns compare with values; the text output stands in quotes."));
        Assert.That(() => TableQuery.Parse(["layer != 'output'"], [], [], null).Check(tables[..1]), Throws.Nothing);
        Assert.That(TableQuery.Parse(["score > 1"], [], [], null).Lacks(tables[1].Item2), Is.EqualTo("score"));
    }

    private static TableData Of(string[]? where = null, string[]? sort = null, string[]? columns = null, int? top = null)
    {
        var table = new TableData("t", Columns, 1);
        Array.ForEach(Rows, table.Add);
        return TableQuery.Parse(where ?? [], sort ?? [], columns ?? [], top).Of(table);
    }

    private static string Ranks(TableData table) => string.Join(',', table.Rows.Select(row => ((Row)row).Rank));

    private sealed record Row(string Layer, string Output, int Rank, double? Score, float? Share, bool Good);
}
