using PluginLens.Plugins.Interventions;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>patch</c> says of prompts that differ in one token.</summary>
public sealed class PatchTests : AnalysisTests<Patch>
{
    private static readonly Prompt[] Pair = [new(null, [1, 12]), new(null, [1, 20])];

    private static readonly PatchOptions Tokens = new() { Token = "w12", Against = "w20" };

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new PatchOptions { Layer = Selection.Parse("1"), K = 1 }, Prompts),
        new(Gpt2, new PatchOptions(), Prompts),
        new(Gpt2, new PatchOptions { Into = PatchInto.Both }, Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => ["encoder"];

    private static Prompt[] Prompts { get; } = [new(null, [5, 71, 12, 300, 8]), new(null, [5, 71, 40, 300, 9])];

    /// <summary>The stream of the planted model adds the same to every token: all that differs is the last token's row of W_E.</summary>
    [Test]
    public void Difference_SitsAtTheTokenThatDiffers([Values(PatchInto.Corrupted, PatchInto.Clean)] PatchInto into)
    {
        var results = TestRun.Execute(new Patch(), PlantedStream.Model, Tokens with { Into = into }, Pair);

        Assert.That(results.Rows<PatchEffect>("patch").Select(row => (row.Layer, row.Position)), Is.EqualTo(new (int, int?)[] { (0, 0), (0, 1), (1, 0), (1, 1) }));
        Assert.That(results.Rows<PatchEffect>("patch").Select(row => row.Share), Is.EqualTo(new double?[] { 0, 1, 0, 1 }).Within(1e-5));
        var pair = results.Rows<PatchPair>("pairs").Single();
        Assert.That((pair.Position, pair.Token.Id, pair.Against.Id), Is.EqualTo((1, 12, 20)));
        Assert.That(results.Rows<PatchEffect>("patch")[1].LogitDifference, Is.EqualTo(into == PatchInto.Corrupted ? pair.Clean : pair.Corrupted).Within(1e-5));
        Assert.That(results.Rows<StrongestPatch>("strongest").Take(2).Select(row => row.Position), Is.All.EqualTo(1));
        var map = (Heatmap)results.Figures[$"share-0-into-{$"{into}".ToLowerInvariant()}"];
        Assert.That(map.XLabels, Is.EqualTo(new[] { " w1 (0)", " w12 | w20 (1)" }));
        Assert.That(map.Values[1], Is.EqualTo(new double?[] { 0, 1 }).Within(1e-5));
    }

    [Test]
    public void Heads_ThatSayTheSameToBoth_MoveNothing() => Assert.That(
        TestRun.Execute(new Patch(), PlantedStream.Model, Tokens with { Unit = PatchUnit.Head }, Pair).Rows<PatchEffect>("patch").Select(row => row.Share), Is.All.EqualTo(0).And.Exactly(8).Items);

    [Test]
    public void Pairs_AreTakenInTurn()
    {
        var rows = TestRun.Execute(new Patch(), PlantedStream.Model, Tokens, [.. Pair, new(null, [12, 3, 12]), new(null, [12, 3, 20])]).Rows<PatchEffect>("patch");

        Assert.That(rows.GroupBy(row => row.Pair).Select(pair => pair.Count()), Is.EqualTo(new[] { 4, 6 }));
        Assert.That(rows.Where(row => row.Pair == 1 && row.Share > 0.5).Select(row => row.Position), Is.All.EqualTo(2));
    }

    [Test]
    public void Tokens_AreWhatTheModelPredicts_WhereNoneAreGiven() => Assert.That(
        () => TestRun.Execute(new Patch(), PlantedStream.Model, prompts: Pair), Throws.TypeOf<UsageException>().With.Message.StartsWith("Pair 0: ' w12' stands on both sides of the difference"));

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData(new Prompt[] { new(null, [1, 2]) }, Tokens, "Expected pairs of prompts, a clean and a corrupted one in turn; found 1.");
        yield return new TestCaseData(new Prompt[] { new(null, [1, 2]), new(null, [1]) }, Tokens, "Pair 0: the clean prompt has 2 tokens, the corrupted one 1; a state is patched into the same position. Choose words of as many tokens");
        yield return new TestCaseData(Pair, Tokens with { Position = Selection.All }, "Pair 0: expected one position at which both prompts are read");
        yield return new TestCaseData(Pair, Tokens with { At = Selection.Parse("4") }, "--at 4: expected positions of every prompt; one has 0 to 1.");
        yield return new TestCaseData(Array.Empty<Prompt>(), Tokens, "This analysis needs text");
    }

    [TestCaseSource(nameof(Refused))]
    public void WhatCannotWork_IsRefused(Prompt[] prompts, PatchOptions options, string said) =>
        Assert.That(() => TestRun.Execute(new Patch(), PlantedStream.Model, options, prompts), Throws.TypeOf<UsageException>().With.Message.StartsWith(said));
}
