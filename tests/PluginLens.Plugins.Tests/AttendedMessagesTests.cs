using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>attended-messages</c> says of a head that was planted.</summary>
public sealed class AttendedMessagesTests : AnalysisTests<AttendedMessages>
{
    private static readonly AttendedMessagesOptions Plain = new() { Head = Selection.Parse("2"), K = 1, Norm = NormOn.None, Read = MessageReading.Cosine };

    /// <summary>In head 2 the three tokens are looked for by tokens 31 to 33 and say 41 to 43; query 2 gives them a half, nothing and a half.</summary>
    private static readonly FakeModel Planted = PlantedMessages.Make(
        [.. Enumerable.Range(0, 4).Select(head => head == 2 ? new[] { 31, 32, 33 } : [5, 6, 7])], [.. Enumerable.Range(0, 4).Select(head => head == 2 ? new[] { 41, 42, 43 } : [8, 9, 10])],
        (_, query, key) => query == 0 ? key == 0 ? 1 : 0 : query == 1 ? key == 0 ? 0.75f : key == 1 ? 0.25f : 0 : key == 1 ? 0 : 0.5f);

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttendedMessagesOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new AttendedMessagesOptions { K = 2, Head = Selection.All }, CheckpointModels.Prompts),
        new(Gpt2, new AttendedMessagesOptions { Layer = Selection.All, Head = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void Tokens_HaveTheirPatternMessageAndWeights()
    {
        var results = TestRun.Execute(new AttendedMessages(), Planted, Plain, [PlantedMessages.Text]);

        Assert.That(results.Rows<AttendedToken>("attended-messages").Select(row => (row.Input.Text, row.Pattern, row.Message, row.Self, row.Received)), Is.EqualTo(new (string, string, string, double, double?)[]
        {
            (" Bear", "w31", "w41", 1, 0.625), (" cat", "w32", "w42", 0.25, 0), ("dog", "w33", "w43", 0.5, null),
        }));
        Assert.That(results.Rows<AttendedWord>("words").Select(row => (row.Side, row.Token.Id)), Is.EqualTo(new[]
        {
            (WordSide.Pattern, 31), (WordSide.Message, 41), (WordSide.Pattern, 32), (WordSide.Message, 42), (WordSide.Pattern, 33), (WordSide.Message, 43),
        }));
        Assert.That(results.Rows<AttendedWord>("words").Select(row => row.Score), Is.All.EqualTo(1).Within(1e-6));
        Assert.That(results.Rows<AttendedWeight>("weights").Select(row => (row.Position, row.Source, row.Weight)), Is.EqualTo(new[] { (0, 0, 1), (1, 0, 0.75), (1, 1, 0.25), (2, 0, 0.5), (2, 1, 0), (2, 2, 0.5) }));
    }

    [Test]
    public void Figure_HasPatternsAndMessagesBesideTheAttention()
    {
        var grid = (TokenGrid)TestRun.Execute(new AttendedMessages(), Planted, Plain, [PlantedMessages.Text]).Figures["attended-0-l0h2"];

        Assert.That(grid.XLabels, Is.EqualTo(new[] { "pattern", "message", " Bear (0)", " cat (1)", "dog (2)" }));
        Assert.That(grid.YLabels, Is.EqualTo(new[] { " Bear (0)", " cat (1)", "dog (2)" }));
        Assert.That(grid.Cells[0], Is.EqualTo(new TokenCell[] { new("w31", null), new("w41", null), new("1.00", 1), new("0.75", 0.75), new("0.50", 0.5) }));
        Assert.That(grid.Cells[2], Is.EqualTo(new TokenCell[] { new("w33", null), new("w43", null), new("", null), new("", null), new("0.50", 0.5) }));
    }

    [Test]
    public void LongPrompt_IsNotDrawn_AndThatIsSaid()
    {
        var results = TestRun.Execute(new AttendedMessages(), Planted, Plain with { Draw = 2 }, [PlantedMessages.Text]);

        Assert.That(results.Figures, Is.Empty);
        Assert.That(results.Notes, Has.Some.EqualTo("prompt 0 has 3 tokens: not drawn beyond --draw 2"));
    }

    [Test]
    public void Impossible_IsRefused()
    {
        void Refused(string name, AttendedMessagesOptions options, string message) => Assert.That(
            () => TestRun.Execute(new AttendedMessages(), CheckpointModels.Get(name), options, CheckpointModels.Prompts), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));

        Refused("gpt2", new AttendedMessagesOptions { Offset = 1 }, "--offset: model");
        Refused("bert", new AttendedMessagesOptions { Read = MessageReading.FinalNorm }, "--read final-norm: model");
        Refused("gpt2", new AttendedMessagesOptions { Pool = 3 }, "--pool 3: lists of --k 5");
    }
}
