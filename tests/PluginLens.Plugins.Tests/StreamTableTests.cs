using System.Text;
using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>stream-table</c> says of a head, a neuron and biases that were planted.</summary>
public sealed class StreamTableTests : AnalysisTests<StreamTable>
{
    private const int D = VectorModels.D;
    private static readonly StreamTableOptions Plain = new() { K = 1, Norm = NormOn.None, Read = MessageReading.Cosine };

    /// <summary>One layer, no biases: head 2 gives its three messages to query 2, neuron 7 is active there and writes token 20. All else is silent.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new StreamTableOptions { Words = TermWords.None, Terms = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new StreamTableOptions(), CheckpointModels.Prompts),
        new(Gpt2, new StreamTableOptions { Terms = 0, Position = Selection.All, K = 20 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["llama", "bloom", "qwen3", "phi3-long"];

    protected override string[] Undefined => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2", "mixtral"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.All.Except(CheckpointModels.PreNorm).Append("gemma2");

    [Test]
    public void LargestTerms_AreThoseThatWerePlanted()
    {
        var rows = Run(Plain with { Terms = 4 }).Rows<StreamTerm>("stream-table");

        Assert.That(rows.Select(row => (row.Rank, row.Kind, row.Layer, row.Index, row.Source, row.Weight)), Is.EquivalentTo(new (int, StreamTermKind, int?, int?, int?, double)[]
        {
            (1, StreamTermKind.Neuron, 0, 7, null, -3), (2, StreamTermKind.Message, 0, 2, 1, 0.75f), (3, StreamTermKind.Message, 0, 2, 0, 0.25f), (4, StreamTermKind.AttentionBias, 0, null, null, 1),
        }));
        Assert.That((rows[0].Writes, rows[1].Reads, rows[1].Writes, rows[2].Reads, rows[2].Writes, rows[3].Reads), Is.EqualTo(("w20", "w32", "w42", "w31", "w41", (string?)null)));
        Assert.That(rows[1].SourceToken!.Value.Text, Is.EqualTo(" cat"));
        Assert.That(rows[0].Size, Is.EqualTo(3 * Length(Planted.WE.Row(20))).Within(1e-6));
        Assert.That(rows[1].Size, Is.EqualTo(0.75 * 5 * Length(Planted.WE.Row(42))).Within(1e-6));
    }

    [Test]
    public void Weight_RanksByTheWeightAlone() => Assert.That(
        Run(Plain with { Terms = 3, By = TermMeasure.Weight }).Rows<StreamTerm>("stream-table").Select(row => row.Kind),
        Is.EqualTo(new[] { StreamTermKind.Neuron, StreamTermKind.Embedding, StreamTermKind.Position }));

    [Test]
    public void AllTerms_AreListedInTheirOrder_WithoutThoseOfNoWeight()
    {
        var rows = Run(Plain with { Terms = 0, Position = Selection.Parse("1,2") }).Rows<StreamTerm>("stream-table");

        Assert.That(rows.Where(row => row.Position == 2).Select(row => (row.Kind, row.Index, row.Source)), Is.EqualTo(new (StreamTermKind, int?, int?)[]
        {
            (StreamTermKind.Embedding, null, 2), (StreamTermKind.Position, null, 2), (StreamTermKind.Message, 2, 0), (StreamTermKind.Message, 2, 1), (StreamTermKind.AttentionBias, null, null),
            (StreamTermKind.Neuron, 7, null), (StreamTermKind.MlpBias, null, null),
        }));
        Assert.That(rows.Where(row => row.Position == 1).Select(row => row.Kind), Is.EqualTo(new[] { StreamTermKind.Embedding, StreamTermKind.Position, StreamTermKind.AttentionBias, StreamTermKind.MlpBias }));
        Assert.That(rows.Where(row => row.Position == 2).Select(row => row.Rank), Is.Ordered.And.Unique);
    }

    [Test]
    public void Sum_IsSaid()
    {
        var results = Run(Plain);

        Assert.That(results.Notes, Has.Some.StartsWith("30 terms times their weights sum to the final state within"));
        Assert.That(results.Rows<StreamSum>("sums").Select(row => (row.Position, row.Terms)), Is.EqualTo(new[] { (0, 30), (1, 30), (2, 30) }));
        Assert.That(results.Rows<StreamSum>("sums").Select(row => row.Relative), Is.All.LessThan(1e-6));
    }

    [Test]
    public void StateThatIsNotTheSum_IsAnError()
    {
        var wrong = Planted.WithHook("blocks.0.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", Enumerable.Repeat(1f, 3 * D).ToArray(), 1, 3, D));

        Assert.That(() => TestRun.Execute(new StreamTable(), wrong, Plain, [PlantedMessages.Text]), Throws.TypeOf<ModelException>().With.Message.StartsWith("Prompt 0: the 30 terms of model 'model' sum to its final state only within"));
    }

    [Test]
    public void File_HasEveryTermWithItsWeights_WhichSumToTheState()
    {
        var results = Run(Plain with { File = true, Words = TermWords.All });

        var lines = Encoding.UTF8.GetString(results.Files["stream-table-terms.csv"]).TrimEnd('\n').Split('\n').Select(line => line.Split(',')).ToList();
        Assert.That(lines[0], Is.EqualTo(new[] { "kind", "layer", "index", "source", "token", "reads", "writes", " Bear (0)", " cat (1)", "dog (2)" }));
        Assert.That(lines, Has.Count.EqualTo(31));
        Assert.That(lines, Has.Some.EqualTo(new[] { "message", "0", "2", "1", " cat", "w32", "w42", "0", "0", "0.75" }));
        Assert.That(lines, Has.Some.EqualTo(new[] { "neuron", "0", "7", string.Empty, string.Empty, lines.Find(line => line[0] == "neuron" && line[2] == "7")![5], "w20", "0", "0", "-3" }));
        Assert.That(lines.Count(line => line[6].Length > 0), Is.EqualTo(31));
    }

    [Test]
    public void Words_OfTheFile_AreThoseListed_OrNone()
    {
        int Worded(TermWords words) => Encoding.UTF8.GetString(Run(Plain with { File = true, Words = words, Terms = 3 }).Files["stream-table-terms.csv"]).TrimEnd('\n').Split('\n').Skip(1).Count(line => line.Split(',')[6].Length > 0);

        Assert.That((Worded(TermWords.Listed), Worded(TermWords.None)), Is.EqualTo((3, 0)));
        Assert.That(Run(Plain with { Words = TermWords.None }).Rows<StreamTerm>("stream-table").Select(row => row.Writes), Is.All.Null);
    }

    [Test]
    public void Figure_ShowsTheWeightsOfTheLargestTermsAtEveryToken()
    {
        var map = (Heatmap)Run(Plain with { Terms = 2 }).Figures["weights-0"];

        Assert.That(map.YLabels, Is.EqualTo(new[] { "L0N7", "L0H2  cat (1)" }));
        Assert.That(map.Values[1], Is.EqualTo(new double?[] { 0, 0, 0.75 }));
        Assert.That(Run(Plain with { Draw = 2 }).Figures, Is.Empty);
    }

    [Test]
    public void Impossible_IsRefused()
    {
        Assert.That(() => Run(Plain with { Words = TermWords.All }), Throws.TypeOf<UsageException>().With.Message.StartsWith("--words all: the terms that are not listed stand in the file alone"));
        var huge = Planted.WithConfig(config => config with { DMlp = 10_000_000 });
        Assert.That(
            () => TestRun.Execute(new StreamTable(), huge, Plain with { Terms = 0 }, [PlantedMessages.Text]), Throws.TypeOf<UsageException>().With.Message.StartsWith("--terms 0 lists 10000020 rows, which stay in memory"));
    }

    private static double Length(ReadOnlySpan<float> row)
    {
        var square = 0.0;
        foreach (var value in row)
        {
            square += (double)value * value;
        }

        return Math.Sqrt(square);
    }

    private static CollectedResults Run(StreamTableOptions options) => TestRun.Execute(new StreamTable(), Planted, options, [PlantedMessages.Text]);

    private static FakeModel Plant()
    {
        float Attention(int head, int query, int key) => (head, query) != (2, 2) ? 0 : key == 0 ? 0.25f : key == 1 ? 0.75f : 0;
        var model = PlantedMessages.Make([.. Enumerable.Range(0, 4).Select(_ => new[] { 31, 32, 33 })], [.. Enumerable.Range(0, 4).Select(_ => new[] { 41, 42, 43 })], Attention).WithConfig(config => config with { NLayers = 1 });

        // The neuron's row is the longest of those that weigh much, the messages come next.
        model = model.WithWeight("embed.W_E", data =>
        {
            foreach (var (token, length) in new[] { (20, 4f), (42, 1.5f), (41, 1.5f) })
            {
                var row = data.AsSpan(token * D, D);
                var scale = length / (float)Length(row);
                for (var at = 0; at < D; at++)
                {
                    row[at] *= scale;
                }
            }
        });
        model = model.WithWeight("blocks.0.mlp.W_out", data => model.WE.Row(20).CopyTo(data.AsSpan(7 * D, D)));
        foreach (var (head, axis, token) in from head in Enumerable.Range(0, 4) from entry in new[] { (0, 41), (1, 42) } select (head, entry.Item1, entry.Item2))
        {
            model = model.WithWeight("blocks.0.attn.W_O", data => model.WE.Row(token).CopyTo(data.AsSpan(((head * 3) + axis) * D, D)));
        }

        var (active, small) = (new float[3 * 10], Enumerable.Repeat(0.05f, 3 * D).ToArray());
        active[(2 * 10) + 7] = -3;
        float[] attentionBias = [.. model.Weight("blocks.0.attn.b_O").Span], mlpBias = [.. model.Weight("blocks.0.mlp.b_out").Span], state = new float[3 * D];
        for (var position = 0; position < 3; position++)
        {
            for (var at = 0; at < D; at++)
            {
                state[(position * D) + at] = 0.05f + 0.05f + attentionBias[at] + mlpBias[at]
                    + (position < 2 ? 0 : (0.25f * 5 * model.WE.Row(41)[at]) + (0.75f * 5 * model.WE.Row(42)[at]) - (3 * model.WE.Row(20)[at]));
            }
        }

        return model
            .WithHook("hook_embed", ["batch", "pos", "8"], _ => new Tensor("embed", small, 1, 3, D))
            .WithHook("hook_pos_embed", ["batch", "pos", "8"], _ => new Tensor("position", small, 1, 3, D))
            .WithHook("blocks.0.mlp.hook_post", ["batch", "pos", "10"], _ => new Tensor("post", active, 1, 3, 10))
            .WithHook("blocks.0.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", state, 1, 3, D));
    }
}
