using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>subheads</c> on every checkpoint equals the products of columns of W_Q, W_K, W_V and rows of W_O with all tokens.</summary>
public sealed class SubheadsCheckpointTests
{
    private const int K = 6;

    [Test]
    public void Words_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) => AssertWords(name, new SubheadOptions());

    [Test]
    public void Words_OneMatrixOnBothSides_EqualTheNaiveLists(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values(EmbeddingChoice.Input, EmbeddingChoice.Output)] EmbeddingChoice embedding) =>
        AssertWords(name, new SubheadOptions { Embedding = embedding, Layer = Selection.Parse("-1") });

    [Test]
    public void Words_PaddingKept_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertWords(name, new SubheadOptions { Padding = Padding.Keep, Layer = Selection.Parse("-1") });

    /// <summary>Queries and outputs of every head; keys and values once, where the head is the first that uses them.</summary>
    private static void AssertWords(string name, SubheadOptions options)
    {
        var model = CheckpointModels.Get(name);
        var config = model.Config;

        var rows = TestRun.Execute(new Subheads(), model, options with { K = K }).Rows<SubheadWords>("subheads");

        var weights = new NaiveWeights(model);
        bool Keep(int id) => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id);
        Assert.That(rows, Has.Count.EqualTo(options.Layer.Of(config.NLayers, "layer").Count * config.NHeads * config.DHead * K));
        foreach (var inLayer in rows.GroupBy(row => row.Layer))
        {
            var scores = new[] { "W_Q", "W_K", "W_V", "W_O" }.ToDictionary(group => group, group => NaiveWeights.Products(
                weights.Vectors(group, inLayer.Key, byQueryHead: true), weights.Vocabulary(NaiveWeights.Writes(group), $"{options.Embedding}")));
            foreach (var list in inLayer.GroupBy(row => (row.Head, row.Dimension)))
            {
                void AssertTop(string group, IEnumerable<int> found) =>
                    NaiveLists.AssertTop(found, scores[group][(list.Key.Head * config.DHead) + list.Key.Dimension], K, $"{group} L{inLayer.Key} H{list.Key.Head} D{list.Key.Dimension}", Keep);
                AssertTop("W_Q", list.Select(row => row.Query.Id));
                AssertTop("W_O", list.Select(row => row.Output.Id));
                if (list.Key.Head % (config.NHeads / config.KeyValueHeads) == 0)
                {
                    AssertTop("W_K", list.Select(row => IdOf(row.Key) ?? -1));
                    AssertTop("W_V", list.Select(row => IdOf(row.Value) ?? -1));
                }
                else
                {
                    Assert.That(list.SelectMany(row => new[] { IdOf(row.Key), IdOf(row.Value) }), Is.All.Null, $"L{inLayer.Key} H{list.Key.Head} repeats its key-value head");
                }
            }
        }
    }

    private static int? IdOf(Token? token) => token is { Id: >= 0, Text: not null } listed ? listed.Id : null;
}
