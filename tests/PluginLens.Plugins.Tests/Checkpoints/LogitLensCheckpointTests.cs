using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>logit-lens</c> on every checkpoint that reads from left to right equals the formulas in float64, for every option.</summary>
public sealed class LogitLensCheckpointTests
{
    private const int K = 4;
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static IEnumerable<string> CausalAndFolded => CheckpointModels.Causal.Concat(CheckpointModels.Folded);

    [Test]
    public void States_EveryNorm_EqualTheFormula([ValueSource(nameof(CausalAndFolded))] string name, [Values] StateNorm norm) => AssertStates(name, new LogitLensOptions { K = K, Norm = norm });

    [Test]
    public void States_FollowedByTheNextToken_EqualTheFormula([ValueSource(nameof(CausalAndFolded))] string name) => AssertStates(name, new LogitLensOptions { K = K, Of = LensTarget.Next });

    [Test]
    public void States_SomeLayersAndPositions_EqualTheFormula() => AssertStates("gpt2", new LogitLensOptions { K = K, Layer = Selection.Parse("1"), Position = Selection.Parse("0,-2") });

    [Test]
    public void States_PaddingKept_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertStates(name, new LogitLensOptions { K = K, Padding = Padding.Keep });

    [Test]
    public void LastLayer_IsTheModelsOwnDistribution([ValueSource(nameof(CausalAndFolded))] string name)
    {
        var model = CheckpointModels.Get(name);
        var rows = TestRun.Execute(new LogitLens(), model, new LogitLensOptions { Layer = Selection.Parse("-1") }, Prompts[..1]).Rows<LensState>("logit-lens");

        var logits = model.Run(new ModelInput(Prompts[0].Tokens), ["logits"])["logits"];
        foreach (var row in rows)
        {
            var logs = Logs(NaiveStates.At(logits, row.Position));
            Assert.That(row.Target!.Value.Id, Is.EqualTo(NaiveLists.Top(logs, 1)[0]));
            Assert.That((row.TargetRank, row.KlToFinal), Is.EqualTo((1, 0.0)));
            Assert.That(row.TargetProbability, Is.EqualTo(Math.Exp(logs.Max())).Within(1e-5));
            Assert.That(row.Entropy, Is.EqualTo(Entropy(logs)).Within(1e-4));
        }
    }

    private static void AssertStates(string name, LogitLensOptions options)
    {
        var model = CheckpointModels.Get(name);
        var results = TestRun.Execute(new LogitLens(), model, options, Prompts);
        var (states, words) = (results.Rows<LensState>("logit-lens"), results.Rows<LensWord>("words").ToLookup(word => (word.Prompt, word.Position, word.Layer)));
        var vocabulary = new NaiveWeights(model).Vocabulary(writes: true);
        int?[] all = [null, .. Enumerable.Range(0, model.Config.NLayers)];
        Assert.That(states.Select(row => row.Kind == StateKind.Embed), Is.EqualTo(states.Select(row => row.Layer is null)));
        int?[] layers = [.. all.Where(layer => options.Layer.Of(model.Config.NLayers, "layer").Contains(layer ?? 0))];
        Assert.That(states.Select(row => (row.Prompt, row.Position, row.Layer)), Is.EqualTo(
            from prompt in Enumerable.Range(0, Prompts.Length) from position in options.Position.Of(Prompts[prompt].Tokens.Length, "position") from layer in layers select (prompt, position, layer)));
        foreach (var prompt in states.GroupBy(row => row.Prompt))
        {
            var tokens = Prompts[prompt.Key].Tokens;
            string Hook(int? layer) => layer is { } number ? NaiveStates.Output(model, number) : "blocks.0.hook_resid_pre";
            var run = model.Run(new ModelInput(tokens), [.. all.Select(Hook)]);
            double[] Logits(int? layer, int position, bool normed)
            {
                var state = NaiveStates.At(run[Hook(layer)], position);
                var logits = NaiveStates.Logits(model, normed ? NaiveStates.Normed(model, state) : state, vocabulary, biased: true);
                return model.Config.OutputLogitsSoftCap is { } cap ? Array.ConvertAll(logits, logit => cap * Math.Tanh(logit / cap)) : logits;
            }

            foreach (var row in prompt)
            {
                var where = $"{row}";
                var logits = Logits(row.Layer, row.Position, options.Norm == StateNorm.Final || (options.Norm == StateNorm.FinalButEmbed && row.Layer is not null));
                double[] logs = Logs(logits), final = Logs(Logits(all[^1], row.Position, normed: true));
                Assert.That(row.Input.Id, Is.EqualTo(tokens[row.Position]), where);
                Assert.That(row.Entropy, Is.EqualTo(Entropy(logs)).Within(1e-4), where);
                Assert.That(row.KlToFinal, Is.EqualTo(final.Zip(logs, (p, q) => Math.Exp(p) * (p - q)).Sum()).Within(1e-4), where);
                int? target = options.Of == LensTarget.Predicted ? NaiveLists.Top(final, 1)[0] : row.Position + 1 < tokens.Length ? tokens[row.Position + 1] : null;
                Assert.That(row.Target?.Id, Is.EqualTo(target), where);
                Assert.That(row.TargetCrossEntropy, target is { } t ? Is.EqualTo(-logs[t]).Within(1e-4) : Is.Null, where);
                Assert.That(row.TargetProbability, target is { } u ? Is.EqualTo(Math.Exp(logs[u])).Within(1e-4) : Is.Null, where);
                Assert.That(row.TargetLogit, target is { } v ? Is.EqualTo(logits[v]).Within(1e-4) : Is.Null, where);
                if (target is { } ranked)
                {
                    // Logits nearer than rounding may stand either way.
                    var near = 1e-5 * logits.Max(Math.Abs);
                    Assert.That(row.TargetRank, Is.InRange(1 + logits.Count(logit => logit > logits[ranked] + near), logits.Count(logit => logit >= logits[ranked] - near)), where);
                }
                else
                {
                    Assert.That(row.TargetRank, Is.Null, where);
                }

                var list = words[(row.Prompt, row.Position, row.Layer)].ToList();
                NaiveLists.AssertTop(list.Select(word => word.Token.Id), logits, K, where, id => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id), list.Select(word => word.Logit));
                Assert.That(list.Select(word => word.Probability), Is.EqualTo(list.Select(word => Math.Exp(logs[word.Token.Id]))).Within(1e-4), where);
            }
        }
    }

    private static double[] Logs(double[] logits)
    {
        var largest = logits.Max();
        var normaliser = largest + Math.Log(logits.Sum(logit => Math.Exp(logit - largest)));
        return Array.ConvertAll(logits, logit => logit - normaliser);
    }

    private static double Entropy(double[] logs) => -logs.Sum(log => Math.Exp(log) * log);
}
