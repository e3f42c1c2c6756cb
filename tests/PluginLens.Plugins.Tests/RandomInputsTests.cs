using PluginLens.Models;
using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

public sealed class RandomInputsTests : AnalysisTests<RandomInputs>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Tiny, new RandomInputsOptions { Kind = RandomInput.Single, Count = 1 }),
        new(Tiny, new RandomInputsOptions { Kind = RandomInput.Pattern, Count = 5 }),
        new(Tiny, new RandomInputsOptions { Count = 9 }),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void Kinds_HaveTheTokensThatTheySay_FromTheSeed()
    {
        List<RandomInputRow> Rows(int seed) => [.. TestRun.Execute(new RandomInputs(), Tiny(), new RandomInputsOptions { Count = 2 }, seed: seed).Rows<RandomInputRow>("random-inputs")];
        int[] Ids(RandomInputRow row) => [.. row.Ids.Split(',').Select(int.Parse)];

        var rows = Rows(3);

        Assert.That(rows.Select(row => (row.Kind, row.Prompt, row.Tokens)), Is.EqualTo(new[]
        {
            (RandomInput.Single, 0, 32), (RandomInput.Single, 1, 32), (RandomInput.Random, 0, 32), (RandomInput.Random, 1, 32), (RandomInput.Pattern, 0, 31), (RandomInput.Pattern, 1, 31),
        }));
        Assert.That(rows.Select(row => Ids(row)[0]), Is.All.EqualTo(0), "the token that begins");
        Assert.That(Ids(rows[0])[1..].Distinct().Count(), Is.EqualTo(1));
        Assert.That(Ids(rows[4])[1..].Chunk(3).Distinct(new Same()).Count(), Is.EqualTo(1));
        Assert.That(rows.Select(row => row.Text), Is.EqualTo(rows.Select(row => string.Concat(Ids(row)[1..].Select(id => $" w{id}")))));
        Assert.That(Rows(3), Is.EqualTo(rows));
        Assert.That(Rows(4), Is.Not.EqualTo(rows));
        Assert.That(TestRun.Execute(new RandomInputs(), Tiny(), new RandomInputsOptions { Count = 2, ThroughText = true }, seed: 3).Rows<RandomInputRow>("random-inputs"), Is.EqualTo(rows), "whole words come back");
    }

    [Test]
    public void Text_IsWhatTheTokenizerDecodes_SoThatWordPiecesComeBack()
    {
        using var model = ModelFolder.Open(Path.Combine(Repository.Root, "models", "onnx", "all-minilm-l6-v2"), new OpenOptions { Device = Device.Cpu });
        List<RandomInputRow> Rows(bool throughText) => [.. TestRun.Execute(new RandomInputs(), model, new RandomInputsOptions { Count = 1, ThroughText = throughText }, seed: 0).Rows<RandomInputRow>("random-inputs")];

        var rows = Rows(throughText: false);

        Assert.That(rows[0].Text, Is.EqualTo(string.Join(' ', Enumerable.Repeat("transitions", 31))));
        Assert.That(rows[1].Text, Does.Not.Contain("##").And.Contain("lombardgong"), "the piece ##gong goes on with the word before it");
        Assert.That(Rows(throughText: true)[0], Is.EqualTo(rows[0]), "whole words come back");
    }

    private static FakeModel Tiny() => new(new ModelConfig { DModel = 2, NHeads = 1, NLayers = 1, DHead = 2, DVocab = 30, NCtx = 40, BosId = 0 }, new FakeTokenizer(Enumerable.Range(0, 30).Select(id => $" w{id}")));

    private sealed class Same : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x!.SequenceEqual(y!);

        public int GetHashCode(int[] obj) => 0;
    }
}
