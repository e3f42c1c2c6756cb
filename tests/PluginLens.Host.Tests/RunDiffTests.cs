using Newtonsoft.Json.Linq;

namespace PluginLens.Host.Tests;

/// <summary>Comparisons of runs whose differences are known.</summary>
public sealed class RunDiffTests
{
    private const string Kinds = "integer integer token integer number";
    private const string Before = "layer,rank,token,token_id,score\n0,1, a,1,9\n0,2, b,2,8\n0,3, c,3,7\n0,4, d,4,6\n1,1, x,7,1\n1,2, y,8,0.5\n";
    private const string After = "layer,rank,token,token_id,score\n0,1, b,2,8\n0,2, a,1,7\n0,3, c,3,7.5\n0,4, e,5,6\n1,1, x,7,1\n1,2, y,8,0.5\n";

    private static TemporaryFolder Folder(params (string Name, string Csv, string Kinds)[] runs)
    {
        var folder = new TemporaryFolder();
        foreach (var (name, csv, kinds) in runs)
        {
            Write(folder, name, csv, kinds);
        }

        return folder;
    }

    private static void Write(TemporaryFolder folder, string name, string csv, string kinds, string tokenizer = "aa", string more = "")
    {
        var columns = string.Join(',', csv.Split('\n')[0].Split(',').Select(column => $"\"{column}\""));
        folder.File($"{name}/lists.csv", csv);
        folder.File($"{name}/run.json", $$"""
            {"plugin":"p","command_line":["run"],"model":{"name":"{{name}}","tokenizer_sha256":"{{tokenizer}}"},"seed":1,
            "tables":[{"name":"lists","rows":1,"complete":true,"columns":[{{columns}}]{{(kinds.Length == 0 ? string.Empty : $",\"kinds\":[{string.Join(',', kinds.Split(' ').Select(kind => $"\"{kind}\""))}],\"group_by\":1")}}}{{more}}],"files":["lists.csv"]}
            """);
    }

    private static RunDiff Of(TemporaryFolder folder, DiffOptions? options = null) =>
        RunDiff.Of(RecordedRun.Read(Path.Combine(folder.Path, "a")), RecordedRun.Read(Path.Combine(folder.Path, "b")), options ?? new DiffOptions());

    private static List<T> Rows<T>(RunDiff diff, string table) => [.. diff.Tables.Single(found => found.Name == table).Rows.Cast<T>()];

    [Test]
    public void Lists_OverlapAndCorrelationAreThoseOfTheDefinition()
    {
        using var folder = Folder(("a", Before, Kinds), ("b", After, Kinds));
        var diff = Of(folder, new DiffOptions { K = 2 });

        // Layer 0: a, b, c of five tokens; ranks 1 2 3 against 2 1 3. Layer 1 is the same.
        Assert.That(Rows<ListDifference>(diff, "lists"), Is.EqualTo(new[] { new ListDifference("lists", "layer 0", 4, 4, 3, 0.6, 1, 0.5) }));
        Assert.That(Rows<TableDifference>(diff, "tables"), Is.EqualTo(new[] { new TableDifference("lists", 6, 6, 5, 1, 1, 2, 2, 2, 0.8, 1, 0.5) }));
        Assert.That(Rows<ListDifference>(Of(folder, new DiffOptions { K = 1 }), "lists")[0].TopShared, Is.Zero);
        Assert.That(diff.Circumstances.Select(difference => difference.What), Is.EqualTo(["model.name"]));
    }

    [Test]
    public void Rows_AreGoneNewMovedOrChanged()
    {
        using var folder = Folder(("a", Before, Kinds), ("b", After, Kinds));

        Assert.That(Rows<RowDifference>(Of(folder), "rows"), Is.EqualTo(new RowDifference[]
        {
            new("lists", RowChange.Gone, "layer 0", "token ·d", 4, null, "score", 6, null),
            new("lists", RowChange.New, "layer 0", "token ·e", null, 4, "score", null, 6),
            new("lists", RowChange.Moved, "layer 0", "token ·a", 1, 2, "score", 9, 7),
            new("lists", RowChange.Moved, "layer 0", "token ·b", 2, 1, "score", 8, 8),
            new("lists", RowChange.Changed, "layer 0", "token ·c", 3, 3, "score", 7, 7.5),
        }));
    }

    [Test]
    public void Columns_HaveTheMeanAndTheLargestDifference()
    {
        using var folder = Folder(("a", Before, Kinds), ("b", After, Kinds));

        // Five common rows: 2, 0, 0.5, 0, 0.
        Assert.That(Rows<ColumnDifference>(Of(folder), "columns"), Is.EqualTo(new[] { new ColumnDifference("lists", "score", 5, 2, 0.5, 2, "layer 0, token ·a", "9", "7") }));
    }

    [Test]
    public void SameRun_DiffersInNothing()
    {
        using var folder = Folder(("a", Before, Kinds));
        var run = RecordedRun.Read(Path.Combine(folder.Path, "a"));
        var diff = RunDiff.Of(run, run, new DiffOptions());

        Assert.That(Rows<TableDifference>(diff, "tables"), Is.EqualTo(new[] { new TableDifference("lists", 6, 6, 6, 0, 0, 0, 2, 2, 1, 1, 1) }));
        Assert.That(diff.Tables.Where(table => table.Name is "lists" or "rows").Select(table => table.Rows.Count), Has.All.Zero);
        Assert.That((diff.Pairs.Count, diff.Circumstances.Count), Is.EqualTo((0, 0)));
    }

    [TestCase("1,1, x,7,1\n1,2, y,8,0.5\n0,1, b,2,8\n0,2, a,1,7\n0,3, c,3,7.5\n0,4, e,5,6\n", TestName = "Lists in another order")]
    [TestCase("0,1, b,2,8\n1,1, x,7,1\n0,2, a,1,7\n0,3, c,3,7.5\n1,2, y,8,0.5\n0,4, e,5,6\n", TestName = "Lists in pieces")]
    public void Lists_InWhateverOrder_AreTheSame(string rows)
    {
        using var folder = Folder(("a", Before, Kinds), ("b", After, Kinds), ("other", After.Split('\n')[0] + "\n" + rows, Kinds));
        var expected = Of(folder);
        File.Copy(Path.Combine(folder.Path, "other", "lists.csv"), Path.Combine(folder.Path, "b", "lists.csv"), overwrite: true);
        var found = Of(folder);

        Assert.That(found.Tables.Select(table => table.Rows), Is.EqualTo(expected.Tables.Select(table => table.Rows)));
    }

    [Test]
    public void ListsOfOneRunAlone_AreToldAndDoNotEnterTheMeans()
    {
        using var folder = Folder(("a", Before, Kinds), ("b", Before[..Before.IndexOf("1,1", StringComparison.Ordinal)], Kinds));
        var diff = Of(folder);

        Assert.That(Rows<TableDifference>(diff, "tables"), Is.EqualTo(new[] { new TableDifference("lists", 6, 4, 4, 2, 0, 0, 2, 1, 1, 1, 1) }));
        Assert.That(Rows<ListDifference>(diff, "lists"), Is.EqualTo(new[] { new ListDifference("lists", "layer 1", 2, 0, 0, 0, 0, null) }));
    }

    [Test]
    public void EqualKeys_AreToldApartByTheirOrder()
    {
        using var folder = Folder(("a", "layer,token,score\n0,x,1\n0,x,2\n", "integer token number"), ("b", "layer,token,score\n0,x,1\n0,x,2\n0,x,3\n", "integer token number"));

        Assert.That(Rows<RowDifference>(Of(folder), "rows"), Is.EqualTo(new[] { new RowDifference("lists", RowChange.New, "layer 0", "token x #3", null, 3, "score", null, 3) }));
    }

    [Test]
    public void OtherTokenizer_ComparesTexts()
    {
        using var folder = Folder(("a", Before, Kinds));
        Write(folder, "b", Before.Replace(",2,8\n", ",22,8\n", StringComparison.Ordinal), Kinds, tokenizer: "bb");
        var other = Of(folder);
        Write(folder, "b", Before.Replace(",2,8\n", ",22,8\n", StringComparison.Ordinal), Kinds);
        var same = Of(folder);

        Assert.That(Rows<TableDifference>(other, "tables")[0].Common, Is.EqualTo(6));
        Assert.That(other.Notes, Has.Some.Contains("tokenizers differ"));
        Assert.That(Rows<TableDifference>(same, "tables")[0].Common, Is.EqualTo(5), "in one vocabulary another id is another token");
    }

    [Test]
    public void RunsOfAnOlderVersion_AreReadByWhatTheirFieldsAre()
    {
        using var folder = Folder(("a", Before, string.Empty), ("b", After, string.Empty));

        // Without groups the table is one list.
        Assert.That(Rows<TableDifference>(Of(folder), "tables")[0], Is.EqualTo(new TableDifference("lists", 6, 6, 5, 1, 1, 2, 1, 1, 5 / 7.0, 5 / 6.0, RankCorrelation.Of([1, 2, 3, 1, 2], [2, 1, 3, 1, 2]))));
    }

    [Test]
    public void ValuesThatAreLacking_AreChangedAndEnterNoMean()
    {
        using var folder = Folder(("a", "head,score,word\n0,1,x\n1,,y\n2,3,z\n", "integer number text"), ("b", "head,score,word\n0,1.5,x\n1,2,q\n2,,z\n", "integer number text"));

        Assert.That(Rows<ColumnDifference>(Of(folder, new DiffOptions { Key = ["head"] }), "columns"), Is.EqualTo(new[]
        {
            new ColumnDifference("lists", "score", 1, 3, 0.5, 0.5, "head 0", "1", "1.5"), new ColumnDifference("lists", "word", 3, 1, null, null, "head 1", "y", "q"),
        }));
    }

    [Test]
    public void MoreThanIsTold_IsSaid()
    {
        string Csv(int from) => "layer,token,score\n" + string.Concat(Enumerable.Range(from, 30).Select(at => $"0,t{at},{at}\n"));
        using var folder = Folder(("a", Csv(0), "integer token number"), ("b", Csv(30), "integer token number"));

        var few = Of(folder, new DiffOptions { Rows = 3 });
        Assert.That(Rows<RowDifference>(few, "rows").Select(row => row.Row), Is.EqualTo(["token t0", "token t1", "token t2", "token t30", "token t31", "token t32"]), "those at the top of the lists");
        Assert.That(few.Notes, Has.Some.EqualTo("lists: 27 more rows are gone; --rows 0 tells all"));
        Assert.That(Rows<RowDifference>(Of(folder, new DiffOptions { Rows = 0 }), "rows"), Has.Count.EqualTo(60));
    }

    [Test]
    public void WrongRequests_AreOneLine()
    {
        using var folder = Folder(("a", Before, Kinds), ("b", After, Kinds));
        Assert.That(() => Of(folder, new DiffOptions { Table = "x" }), Throws.TypeOf<UsageException>().With.Message.EqualTo("--table 'x': both runs have lists."));
        Assert.That(() => Of(folder, new DiffOptions { Key = ["x"] }), Throws.TypeOf<UsageException>().With.Message.StartsWith("--key 'x': table 'lists' has layer, rank"));

        folder.File("b/lists.csv", "layer,rank\n0,\"\n");
        Assert.That(() => Of(folder), Throws.TypeOf<UsageException>().With.Message.Contains("has the columns layer, rank; run.json says"));
        folder.File("b/lists.csv", Before.Split('\n')[0] + "\n0,\"1\n");
        Assert.That(() => Of(folder), Throws.TypeOf<UsageException>().With.Message.Contains("is not CSV that can be read"));
        File.Delete(Path.Combine(folder.Path, "b", "lists.csv"));
        Assert.That(() => Of(folder), Throws.TypeOf<UsageException>().With.Message.Contains("is gone"));
        folder.File("b/run.json", """{"plugin":"q","command_line":["run"],"tables":[]}""");
        Assert.That(() => Of(folder), Throws.TypeOf<UsageException>().With.Message.Contains("no table in common"));
        folder.File("b/run.json", """{"plugin":"q","command_line":["run"],"tables":[{"name":"../lists"}]}""");
        Assert.That(() => Of(folder), Throws.TypeOf<UsageException>().With.Message.Contains("which no run has"));
    }

    [Test]
    public void Formats_ShowHostileTokensLiterally()
    {
        const string Hostile = "layer,token,score\n0,<script>alert(1)</script>,1\n0,\"\u001B[31m\",2\n";
        using var folder = Folder(("a", Hostile, "integer token number"), ("b", "layer,token,score\n0,=1,1\n", "integer token number"));
        var diff = Of(folder);
        string Written(string format)
        {
            using var text = new StringWriter();
            DiffWriter.Write(diff, format, text, format == "csv" ? "tables" : null);
            return text.ToString();
        }

        Assert.That(Written("table"), Does.Contain("<script>alert(1)</script>").And.Contain(@"\u{1B}[31m").And.Not.Contain("\u001B"));
        Assert.That(Written("html"), Does.Contain("&lt;script&gt;alert(1)").And.Contain(@"\u{1B}[31m").And.Not.Contain("<script").And.Not.Contain("\u001B").And.Not.Contain("http://").And.Contain("default-src 'none'"));
        Assert.That(Written("csv"), Is.EqualTo("table,rows_a,rows_b,common,gone,new,moved,lists,common_lists,jaccard,top_shared,spearman\nlists,2,1,0,2,1,0,1,1,0,0,\n"));
        foreach (var part in new[] { null, "row" })
        {
            Assert.That(() => DiffWriter.Write(diff, "csv", TextWriter.Null, part), Throws.TypeOf<UsageException>().With.Message.Contains("choose with --part tables, columns, lists, rows"));
        }

        var json = JObject.Parse(Written("json"));
        Assert.That(json.Properties().Select(property => property.Name), Is.EqualTo(["a", "b", "circumstances", "tables", "columns", "lists", "rows", "notes"]));
        Assert.That((string?)json["rows"]![0]!["change"], Is.EqualTo("gone"));
    }

    /// <summary>Against the correlation of ranks as numpy computes it.</summary>
    [TestCase(new[] { 1.0, 2, 3, 4, 5 }, new[] { 5.0, 6, 7, 8, 7 }, 0.8207826816681233)]
    [TestCase(new[] { 1.0, 1, 2, 3 }, new[] { 4.0, 3, 2, 1 }, -0.9486832980505139)]
    [TestCase(new[] { 1.0, 2, 3 }, new[] { 1.0, 2, 3 }, 1.0)]
    public void RankCorrelation_SharesTheRanksOfEqualValues(double[] a, double[] b, double expected) => Assert.That(RankCorrelation.Of(a, b), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void RankCorrelation_OfTwoRowsOrEqualOnes_IsNone() =>
        Assert.That((RankCorrelation.Of([1, 2], [1, 2]), RankCorrelation.Of([1, 1, 1], [1, 2, 3])), Is.EqualTo(((double?)null, (double?)null)));
}
