using PluginLens.Plugins.Attribution;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>stream-table</c> on every checkpoint that is a sum: terms, weights and words are the formulas in float64, and the terms sum to the final state.</summary>
public sealed class StreamTableCheckpointTests
{
    private const int K = 3;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    private static IEnumerable<string> Sums => CheckpointModels.PreNorm.Except(["gemma2"]).Concat(CheckpointModels.Folded);

    /// <summary>Every row of every position, and what it weighs, made anew: what it sums to is what the model computed.</summary>
    [Test]
    public void Terms_AreTheFormula_AndSumToTheFinalState([ValueSource(nameof(Sums))] string name)
    {
        var (model, weights) = (CheckpointModels.Get(name), new NaiveWeights(CheckpointModels.Get(name)));
        var results = TestRun.Execute(new StreamTable(), model, new StreamTableOptions { Terms = 0, Position = Selection.All, Words = TermWords.None }, [new Prompt(null, Text)]);

        var layers = Enumerable.Range(0, model.Config.NLayers).ToList();
        string[] hooks = [.. layers.Select(Pattern), .. layers.Where(_ => !model.Config.AttnOnly).Select(Post), "blocks.0.hook_resid_pre", .. model.Hooks.Keys.Where(hook => hook is "hook_embed" or "hook_pos_embed"), $"blocks.{layers[^1]}.hook_resid_post"];
        var run = model.Run(new ModelInput(Text), [.. hooks.Distinct()]);
        var messages = new Dictionary<(int Layer, int Head, int Source), double[]>();
        var sums = Text.Select(_ => new double[model.Config.DModel]).ToArray();
        var rows = results.Rows<StreamTerm>("stream-table");
        Assert.That(rows.Select(row => row.Position), Is.Ordered);
        foreach (var row in rows)
        {
            var (vector, weight) = row.Kind switch
            {
                StreamTermKind.Embedding => (NaiveStates.At(run[rows.Any(other => other.Kind == StreamTermKind.Position) ? "hook_embed" : "blocks.0.hook_resid_pre"], row.Position), 1),
                StreamTermKind.Position => (NaiveStates.At(run["hook_pos_embed"], row.Position), 1),
                StreamTermKind.Message => (Message(row.Layer!.Value, row.Index!.Value, row.Source!.Value), run[Pattern(row.Layer!.Value)][0][row.Index!.Value][row.Position].Span[row.Source!.Value]),
                StreamTermKind.Neuron => (NaiveNeurons.Output(model, row.Layer!.Value, row.Index!.Value), NaiveStates.At(run[Post(row.Layer!.Value)], row.Position)[row.Index!.Value]),
                StreamTermKind.AttentionBias => (weights.Vector($"blocks.{row.Layer}.attn.b_O")!, 1),
                _ => (weights.Vector($"blocks.{row.Layer}.mlp.b_out")!, 1),
            };
            var length = Math.Sqrt(vector.Sum(value => value * value));
            Assert.That(row.Weight, Is.EqualTo(weight), $"{row}");
            Assert.That(row.Size, Is.EqualTo(Math.Abs(weight) * length).Within(1e-4 * Math.Max(1e-3, Math.Abs(weight) * length)), $"{row}");
            Assert.That(row.Source is { } source && row.Kind != StreamTermKind.Message ? source == row.Position : true, Is.True);
            for (var at = 0; at < vector.Length; at++)
            {
                sums[row.Position][at] += weight * vector[at];
            }
        }

        for (var position = 0; position < Text.Length; position++)
        {
            var state = NaiveStates.At(run[$"blocks.{layers[^1]}.hook_resid_post"], position);
            Assert.That(sums[position], Is.EqualTo(state).Within(1e-4 * state.Max(Math.Abs)));
        }

        Assert.That(results.Rows<StreamSum>("sums").Select(sum => sum.Relative), Is.All.LessThan(1e-4));

        double[] Message(int layer, int head, int source) => messages.TryGetValue((layer, head, source), out var known) ? known
            : messages[(layer, head, source)] = NaivePatterns.Message(model, layer, head, NaivePatterns.Input(model, Text, layer, source, normed: true, meets: false), biases: true);
    }

    [Test]
    public void Largest_AreTheFirstOfAllSorted([Values("gpt2", "llama", "bloom")] string name, [Values] TermMeasure by)
    {
        IReadOnlyList<StreamTerm> Rows(int top) => TestRun.Execute(
            new StreamTable(), CheckpointModels.Get(name), new StreamTableOptions { Terms = top, By = by, Position = Selection.Parse("2,-1"), Words = TermWords.None }, CheckpointModels.Prompts).Rows<StreamTerm>("stream-table");

        var expected = Rows(0).GroupBy(row => (row.Prompt, row.Position)).SelectMany(group => group
            .OrderByDescending(row => by == TermMeasure.Size ? row.Size : Math.Abs(row.Weight)).ThenBy(row => row.Rank).Take(7).Select((row, at) => row with { Rank = at + 1 }));
        Assert.That(Rows(7), Is.EqualTo(expected));
    }

    [Test]
    public void Words_UnderEveryOption_EqualTheFormula([Values("gpt2", "qwen2", "opt")] string name, [Values] PatternSide side, [Values] Similarity score, [Values] PatternInput input, [Values] MessageReading read) =>
        AssertWords(name, new StreamTableOptions { Side = side, Score = score, Input = input, Read = read, NoBias = score == Similarity.Dot, Norm = input == PatternInput.Raw ? NormOn.None : NormOn.Vocabulary });

    [Test]
    public void Words_OfEveryCheckpoint_EqualTheFormula([ValueSource(nameof(Sums))] string name) => AssertWords(name, new StreamTableOptions());

    private static void AssertWords(string name, StreamTableOptions options)
    {
        var model = CheckpointModels.Get(name);
        var rows = TestRun.Execute(new StreamTable(), model, options with { Terms = 12, K = K }, [new Prompt(null, Text)]).Rows<StreamTerm>("stream-table");

        var (weights, unsure) = (new NaiveWeights(model), 0);
        var embeddings = weights.Rows("embed.W_E");
        foreach (var row in rows.Where(row => row.Kind is StreamTermKind.Message or StreamTermKind.Neuron))
        {
            var (layer, index) = (row.Layer!.Value, row.Index!.Value);
            if (row.Kind == StreamTermKind.Neuron)
            {
                Check(row.Reads!, NaiveNeurons.InputScores(model, layer, index, GatedKey.Gate, options.Score, raw: false));
                Check(row.Writes!, NaiveNeurons.OutputScores(model, layer, index, options.Read));
                continue;
            }

            var norm = NaivePatterns.NormBefore(model, layer);
            var vocabulary = options.Norm == NormOn.Vocabulary && norm is not null ? Array.ConvertAll(embeddings, token => NaivePatterns.Normed(model, norm, token)) : embeddings;
            var pattern = NaivePatterns.Pattern(model, layer, index, NaivePatterns.Input(model, Text, layer, row.Source!.Value, options.Input == PatternInput.Normed), options.Side == PatternSide.Key, !options.NoBias);
            Check(row.Reads!, NaivePatterns.Scores(pattern, vocabulary, options.Score == Similarity.Cosine));
            var message = NaivePatterns.Message(model, layer, index, NaivePatterns.Input(model, Text, layer, row.Source!.Value, normed: true, meets: false), biases: true);
            Check(row.Writes!, NaivePatterns.MessageScores(model, message, options.Read));
        }

        // Lists that a rounding of float32 decides are not compared; there are few.
        Assert.That(unsure, Is.LessThan(rows.Count / 4));

        void Check(string words, double[] scores)
        {
            var best = NaiveLists.Top(scores, K + 1, id => CheckpointModels.HasText(name.Split(' ')[0], id));
            if (best.Zip(best.Skip(1), (one, next) => scores[one] - scores[next]).Any(gap => gap < 1e-4 * scores.Max(Math.Abs)))
            {
                unsure++;
                return;
            }

            Assert.That(words, Is.EqualTo(string.Join(", ", best[..K].Select(id => model.Token(id).Text).Select(text => WhiteSpace.Strip(text) is { Length: > 0 } word ? word : text))));
        }
    }

    private static string Pattern(int layer) => $"blocks.{layer}.attn.hook_pattern";

    private static string Post(int layer) => $"blocks.{layer}.mlp.hook_post";
}
