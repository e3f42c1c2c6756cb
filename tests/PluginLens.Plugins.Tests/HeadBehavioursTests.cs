using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>head-behaviours</c> says of heads that were planted.</summary>
public sealed class HeadBehavioursTests : AnalysisTests<HeadBehaviours>
{
    private static readonly HeadBehavioursOptions Plain = new() { Layer = Selection.Parse("0"), K = 1, Norm = NormOn.None, Read = MessageReading.Cosine };

    /// <summary>
    /// Head 0 attends to the token's own kind and says the token in another case; head 1 looks for and says one and the same; head 2 says words with the first letter; head 3 says the
    /// next token. Query 2 of head 0 attends to key 1; all else goes to the first token or stays.
    /// </summary>
    private static readonly FakeModel Planted = PlantedMessages.Make(
        [[11, 12, 13], [20, 20, 20], [31, 32, 33], [34, 35, 36]],
        [[11, 12, 13], [20, 20, 20], [21, 22, 23], [2, 3, 30]],
        (head, query, key) => query == 2 && head == 0 ? key == 1 ? 0.6f : 0.2f : key == query ? 1 : 0)
        .WithHook("logits", ["batch", "pos", "47"], input => new Tensor(
            "logits", (from position in Enumerable.Range(0, input.Tokens[0].Length) from token in Enumerable.Range(0, VectorModels.V) select token == (position == 1 ? 3 : 40) ? 1f : 0).ToArray(), 1, input.Tokens[0].Length, VectorModels.V));

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new HeadBehavioursOptions { Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new HeadBehavioursOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new HeadBehavioursOptions { K = 20, Tau = 0.05 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void PlantedHeads_AreTold()
    {
        var rows = Rows(Plain);

        Assert.That(rows[0], Is.EqualTo(new HeadBehaviour(0, 0, 0, true, 1, true, 1, false, 0, false, 0, true, 1, false, 0, 0, true, 1)));
        Assert.That(rows[1], Is.EqualTo(new HeadBehaviour(0, 0, 1, false, 0, false, 0, true, 1, true, 1, false, 0, false, 0, 0, false, 0)));
        Assert.That(rows[2], Is.EqualTo(new HeadBehaviour(0, 0, 2, false, 0, false, 0, false, 0, false, 0, true, 1, false, 0, 0, false, 0)));

        // The model predicts the next token at one of the two positions that have one.
        Assert.That(rows[3], Is.EqualTo(new HeadBehaviour(0, 0, 3, false, 0, false, 0, false, 0, false, 0, false, 0, true, 1, 0.5, false, 0)));
    }

    [Test]
    public void Thresholds_DecideTheFlags_NotTheShares()
    {
        var (high, low) = (Rows(Plain with { MinSelf = 1.1, MinIdentity = 1.1, MinRepeat = 1.1, MinLetter = 1.1, MinPredictive = 1.1, Tau = 0.7 }), Rows(Plain));

        bool[] Flags(HeadBehaviour row) => [row.SelfAttending, row.IdentityMessage, row.RepeatingPattern, row.RepeatingMessage, row.FirstLetter, row.Predictive, row.Trifecta];
        Assert.That(high.SelectMany(Flags), Is.All.False);
        Assert.That(high.Select(row => (row.SelfShare, row.IdentityShare, row.PatternAlike, row.MessageAlike, row.LetterShare, row.NextShare)), Is.EqualTo(
            low.Select(row => (row.SelfShare, row.IdentityShare, row.PatternAlike, row.MessageAlike, row.LetterShare, row.NextShare))));
    }

    [Test]
    public void Trifecta_NamesQueryKeyAndWords_UnlessAListIsOfHighBias()
    {
        IReadOnlyList<HeadTrifecta> Found(double highBias) => TestRun.Execute(new HeadBehaviours(), Planted, Plain with { HighBias = highBias }, [PlantedMessages.Text]).Rows<HeadTrifecta>("trifectas");

        var row = Found(3).Single();
        Assert.That((row.Head, row.Position, row.Query.Text, row.Source, row.Key.Text, row.Pattern?.Text, row.Message?.Text), Is.EqualTo((0, 2, "dog", 1, " cat", " CAT", " CAT")));
        Assert.That(row.Weight, Is.EqualTo(0.6).Within(1e-6));
        Assert.That(Found(0), Is.Empty);
    }

    [Test]
    public void Likeness_ByCosine_IsThatOfTheVectors()
    {
        var rows = Rows(Plain with { Alike = ListLikeness.Cosine });

        Assert.That(new[] { rows[1].PatternAlike, rows[1].MessageAlike }, Is.All.EqualTo(1).Within(1e-6));
        Assert.That(rows[0].PatternAlike, Is.Not.Zero.And.LessThan(0.9));
    }

    [Test]
    public void FirstLetter_OfPatterns_IsAnOption() => Assert.That(Rows(Plain with { LetterOf = WordSide.Pattern }).Select(row => row.FirstLetter), Is.EqualTo(new[] { true, false, false, false }));

    [Test]
    public void OneToken_HasNoPairsNothingNextAndNoTrifecta()
    {
        var row = TestRun.Execute(new HeadBehaviours(), Planted, Plain, [new Prompt(null, [1])]).Rows<HeadBehaviour>("head-behaviours")[0];

        Assert.That((row.SelfShare, row.PatternAlike, row.MessageAlike, row.NextShare, row.PredictedShare, row.TrifectaShare), Is.EqualTo((1.0, (double?)null, (double?)null, (double?)null, (double?)null, (double?)null)));
        Assert.That(new[] { row.RepeatingPattern, row.RepeatingMessage, row.Predictive, row.Trifecta }, Is.All.False);
    }

    [Test]
    public void Figures_ShowTheShares_WhereHeadsAre()
    {
        var figures = TestRun.Execute(new HeadBehaviours(), Planted, Plain, [PlantedMessages.Text]).Figures;

        Assert.That(figures.Keys, Is.EquivalentTo(new[]
        {
            "self-attending-0", "identity-message-0", "repeating-pattern-0", "repeating-message-0", "first-letter-0", "predictive-next-0", "predictive-predicted-0", "trifecta-0",
        }));
        Assert.That(((Heatmap)figures["first-letter-0"]).Values[0], Is.EqualTo(new double?[] { 1, 0, 1, 0 }));
    }

    private static IReadOnlyList<HeadBehaviour> Rows(HeadBehavioursOptions options) => TestRun.Execute(new HeadBehaviours(), Planted, options, [PlantedMessages.Text]).Rows<HeadBehaviour>("head-behaviours");
}
