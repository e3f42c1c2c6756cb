using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The lists of <c>attended-messages</c> are the patterns and messages of the formulas in float64, its weights the softmax of the scores, on every checkpoint and for every option.</summary>
public sealed class AttendedMessagesCheckpointTests
{
    private const int K = 4;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    private static IEnumerable<string> AllAndFolded => CheckpointModels.All.Concat(CheckpointModels.Folded);

    private static IEnumerable<AttendedMessagesOptions> Options =>
    [
        new() { Side = PatternSide.Query, Score = Similarity.Dot, Read = MessageReading.Dot },
        new() { Norm = NormOn.Pattern, Read = MessageReading.FinalNorm, NoBias = true },
        new() { Norm = NormOn.None, Input = PatternInput.Raw, Read = MessageReading.NormedVocabulary, NoValueBias = true },
        new() { Read = MessageReading.Cosine, Layer = Selection.All, Head = Selection.All },
    ];

    [Test]
    public void Heads_OfEveryCheckpoint_EqualTheFormulas([ValueSource(nameof(AllAndFolded))] string name) => AssertHeads(CheckpointModels.Get(name), new AttendedMessagesOptions { Layer = Selection.Parse("-1"), Head = Selection.Parse("1") });

    [Test]
    public void Heads_UnderEveryOption_EqualTheFormulas([Values("gpt2", "qwen2")] string name, [ValueSource(nameof(Options))] AttendedMessagesOptions options) => AssertHeads(CheckpointModels.Get(name), options);

    [Test]
    public void Patterns_WithAnOffset_AreThoseOfTheRotatedHead([Values("llama", "phi3")] string name) => AssertHeads(CheckpointModels.Get(name), new AttendedMessagesOptions { Offset = 2 });

    private static void AssertHeads(Model model, AttendedMessagesOptions options)
    {
        var results = TestRun.Execute(new AttendedMessages(), model, options with { K = K }, [new Prompt(null, Text)]);

        var (config, weights, causal) = (model.Config, results.Rows<AttendedWeight>("weights"), model.Config.AttentionDir == "causal");
        var words = results.Rows<AttendedWord>("words").ToLookup(row => (row.Layer, row.Head, row.Position, row.Side));
        var (tokens, embeddings, listed) = (results.Rows<AttendedToken>("attended-messages"), new NaiveWeights(model).Rows("embed.W_E"), 0);
        Assert.That(tokens.Select(row => (row.Layer, row.Head, row.Position)), Is.EqualTo(
            from layer in options.Layer.Of(config.NLayers, "layer") from head in options.Head.Of(config.NHeads, "head") from position in Enumerable.Range(0, Text.Length) select (layer, head, position)));
        foreach (var ofLayer in tokens.GroupBy(row => row.Layer))
        {
            var norm = NaivePatterns.NormBefore(model, ofLayer.Key);
            var vocabulary = options.Norm == NormOn.Vocabulary && norm is not null ? Array.ConvertAll(embeddings, row => NaivePatterns.Normed(model, norm, row)) : embeddings;
            var scores = model.Run(new ModelInput(Text), [$"blocks.{ofLayer.Key}.attn.hook_attn_scores"])[$"blocks.{ofLayer.Key}.attn.hook_attn_scores"][0];
            foreach (var row in ofLayer)
            {
                var pattern = NaivePatterns.Pattern(
                    model, row.Layer, row.Head, NaivePatterns.Input(model, Text, row.Layer, row.Position, options.Input == PatternInput.Normed), options.Side == PatternSide.Key, !options.NoBias, options.Offset);
                pattern = options.Norm == NormOn.Pattern ? NaivePatterns.Normed(model, "ln_final", pattern) : pattern;
                AssertList(WordSide.Pattern, row.Pattern, NaivePatterns.Scores(pattern, vocabulary, options.Score == Similarity.Cosine));
                var message = NaivePatterns.Message(model, row.Layer, row.Head, NaivePatterns.Input(model, Text, row.Layer, row.Position, normed: true, meets: false), !options.NoValueBias);
                AssertList(WordSide.Message, row.Message, NaivePatterns.MessageScores(model, message, options.Read));

                double[] column = [.. Enumerable.Range(0, Text.Length).Select(query => Softmax(scores[row.Head].AsMatrix().Row(query).ToArray())[row.Position])];
                double[] others = [.. column.Where((_, query) => query != row.Position && (query > row.Position || !causal))];
                Assert.That(row.Self, Is.EqualTo(column[row.Position]).Within(1e-5));
                Assert.That(row.Received, others.Length == 0 ? Is.Null : Is.EqualTo(others.DefaultIfEmpty().Average()).Within(1e-5));
                var found = weights.Where(weight => (weight.Layer, weight.Head, weight.Source) == (row.Layer, row.Head, row.Position)).ToList();
                Assert.That(found.Select(weight => weight.Position), Is.EqualTo(Enumerable.Range(causal ? row.Position : 0, causal ? Text.Length - row.Position : Text.Length)));
                Assert.That(found.Select(weight => weight.Weight), Is.EqualTo(found.Select(weight => column[weight.Position])).Within(1e-5));

                void AssertList(WordSide side, string text, double[] naive)
                {
                    var list = words[(row.Layer, row.Head, row.Position, side)].ToList();
                    NaiveLists.AssertTop(
                        list.Select(word => word.Token.Id), naive, K, $"{side} {row}", id => model.Tokenizer!.Piece(id) is not null, list.Select(word => word.Score), rounding: 1e-4);
                    Assert.That(text.Count(character => character == ','), Is.GreaterThanOrEqualTo(K - 1));
                    listed++;
                }
            }
        }

        Assert.That(listed, Is.EqualTo(2 * tokens.Count).And.EqualTo(words.Count));
    }

    private static double[] Softmax(float[] scores)
    {
        var largest = scores.Max();
        var exponentials = Array.ConvertAll(scores, score => Math.Exp((double)score - largest));
        return Array.ConvertAll(exponentials, value => value / exponentials.Sum());
    }
}
