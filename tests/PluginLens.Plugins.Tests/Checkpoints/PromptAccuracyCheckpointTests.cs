using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>prompt-accuracy</c> on every checkpoint that reads from left to right equals what the model's own logits say, in float64.</summary>
public sealed class PromptAccuracyCheckpointTests
{
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<string> CausalAndFolded => CheckpointModels.Causal.Concat(CheckpointModels.Folded);

    [Test]
    public void Predictions_AreThoseOfTheLogits([ValueSource(nameof(CausalAndFolded))] string name)
    {
        var model = CheckpointModels.Get(name);
        var results = TestRun.Execute(new PromptAccuracy(), model, prompts: Prompts);

        var (rows, at) = (results.Rows<PredictedToken>("prompt-accuracy"), 0);
        foreach (var (prompt, tokens) in Prompts.Select(prompt => prompt.Tokens).Index())
        {
            var logits = model.Run(new ModelInput(tokens), ["logits"])["logits"];
            var (hits, losses) = (0, new List<double>());
            for (var position = 0; position < tokens.Length; position++)
            {
                var (row, scores) = (rows[at++], NaiveStates.At(logits, position));
                double Log(int token) => scores[token] - scores.Max() - Math.Log(scores.Sum(score => Math.Exp(score - scores.Max())));
                var best = NaiveLists.Top(scores, 1)[0];
                Assert.That((row.Prompt, row.Position, row.Input.Id, row.Predicted.Id), Is.EqualTo((prompt, position, tokens[position], best)));
                Assert.That(row.Probability, Is.EqualTo(Math.Exp(Log(best))).Within(1e-5));
                if (position + 1 == tokens.Length)
                {
                    Assert.That((row.Next, row.Hit, row.Rank, row.Loss), Is.EqualTo(((Token?)null, (bool?)null, (int?)null, (double?)null)));
                    continue;
                }

                var (next, near) = (tokens[position + 1], 1e-5 * scores.Max(Math.Abs));
                Assert.That((row.Next!.Value.Id, row.Hit), Is.EqualTo((next, (bool?)(best == next))));
                Assert.That(row.Rank, Is.InRange(1 + scores.Count(score => score > scores[next] + near), scores.Count(score => score >= scores[next] - near)));
                Assert.That(row.Loss, Is.EqualTo(-Log(next)).Within(1e-4));
                hits += best == next ? 1 : 0;
                losses.Add(-Log(next));
            }

            var summary = results.Rows<Accuracy>("accuracy")[prompt];
            Assert.That((summary.Prompt, summary.Hits, summary.Compared), Is.EqualTo((prompt, hits, tokens.Length - 1)));
            Assert.That(summary.Share, Is.EqualTo(hits / (tokens.Length - 1.0)).Within(1e-12));
            Assert.That(summary.Loss, Is.EqualTo(losses.Average()).Within(1e-4));
        }

        Assert.That(rows, Has.Count.EqualTo(at));
    }
}
