using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>subheads</c> equals the naive lists, key-value heads shared by query heads included.</summary>
public sealed class SubheadsTests : AnalysisTests<Subheads>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new SubheadOptions { Dimension = Selection.Parse("0"), K = 2 }),
        new(Fake, new SubheadOptions { K = 2 }),
        new(Fake, new SubheadOptions { K = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "mixtral", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void Words_EqualTheNaiveLists([Values] bool tied)
    {
        var model = VectorModels.Make(tied);
        var rows = TestRun.Execute(new Subheads(), model, new SubheadOptions { K = 7 }).Rows<SubheadWords>("subheads");

        Assert.That(rows, Has.Count.EqualTo(2 * 4 * 3 * 7));
        foreach (var list in rows.GroupBy(row => (row.Layer, row.Head, row.Dimension)))
        {
            int[] Expected(string group) => VectorModels.Top(VectorModels.Scores(model, VectorModels.Vectors(model, group, list.Key.Layer)[(list.Key.Head * 3) + list.Key.Dimension], group), 7);
            Assert.That(list.Select(row => row.Query.Id), Is.EqualTo(Expected("W_Q")));

            // Two query heads read one key-value head: it is listed beside the first of them.
            var repeats = list.Key.Head % 2 == 1;
            Assert.That(list.Select(row => row.Key?.Id), Is.EqualTo(repeats ? new int?[7] : Expected("W_K").Cast<int?>()));
            Assert.That(list.Select(row => row.Value?.Id), Is.EqualTo(repeats ? new int?[7] : Expected("W_V").Cast<int?>()));
            Assert.That(list.Select(row => row.Output.Id), Is.EqualTo(Expected("W_O")));
        }
    }

    [Test]
    public void Selection_OfASecondQueryHead_StillListsItsKeyValueHead()
    {
        var row = TestRun.Execute(new Subheads(), VectorModels.Make(), new SubheadOptions { Head = Selection.Parse("3"), K = 1 }).Rows<SubheadWords>("subheads")[0];

        Assert.That((row.Key, row.Value), Is.Not.EqualTo(((Token?)null, (Token?)null)));
    }

    [Test]
    public void Selection_ShowsOneDimension()
    {
        var options = new SubheadOptions { Layer = Selection.Parse("-1"), Head = Selection.Parse("2"), Dimension = Selection.Parse("1"), K = 3 };

        var rows = TestRun.Execute(new Subheads(), VectorModels.Make(), options).Rows<SubheadWords>("subheads");

        Assert.That(rows.Select(row => (row.Layer, row.Head, row.Dimension, row.Rank)), Is.EqualTo(new[] { (1, 2, 1, 1), (1, 2, 1, 2), (1, 2, 1, 3) }));
    }

    [Test]
    public void PaddingIds_AreDroppedOrKept_AndTheNoteSays([Values] Padding padding)
    {
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, 40).Select(id => $" w{id}")));
        var results = TestRun.Execute(new Subheads(), model, new SubheadOptions { K = 40, Padding = padding });

        Assert.That(results.Notes[0], Does.Contain($"7 padding ids {(padding == Padding.Drop ? "dropped" : "kept")}"));
        Assert.That(results.Rows<SubheadWords>("subheads").Any(row => row.Query.Id >= 40), Is.EqualTo(padding == Padding.Keep));
    }
}
