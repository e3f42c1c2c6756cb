using System.Collections.Concurrent;
using PluginLens.Plugins.Interventions;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>ablate</c> on every checkpoint is what whole passes say in which the values were replaced one by one.</summary>
public sealed class AblateCheckpointTests
{
    private const double Near = 1e-4;

    private static readonly ConcurrentDictionary<(string Model, string Hook, int Prompt), float[]> Unchanged = [];

    private static readonly Prompt[] Three = [Text(6, 37), Text(6, 53), Text(6, 71)];

    private static IEnumerable<string> Models => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void EachPart_EqualsTheWholePass([ValueSource(nameof(Models))] string name, [Values] AblationUnit unit, [Values] AblationValue with)
    {
        var model = CheckpointModels.Get(name);
        if (model.Config.AttnOnly && unit is AblationUnit.Neuron or AblationUnit.Mlp)
        {
            Assert.That(() => TestRun.Execute(new Ablate(), model, new AblateOptions { Unit = unit }, Three), Throws.TypeOf<UsageException>().With.Message.EndsWith("has no MLPs; use --unit head or attention."));
            return;
        }

        var options = new AblateOptions { Unit = unit, With = with, Head = Selection.Parse("0,-1"), Neuron = Selection.Parse(model.Config.AttnOnly ? "all" : "0,-1"), Position = Selection.Parse("1,-1"), Token = OneOf(model, 7), Against = OneOf(model, 8) };
        var rows = TestRun.Execute(new Ablate(), model, options, Three).Rows<AblationEffect>("ablate");

        Assert.That(rows[0].Ablated, Is.EqualTo("nothing"));
        AssertEffect(rows[0], model, options, _ => []);
        foreach (var row in rows.Skip(1))
        {
            AssertEffect(row, model, options, prompt => [Change(model, options, row.Kind, row.Layer!.Value, row.Index ?? 0, prompt)]);
        }
    }

    [Test]
    public void Set_OfHeadsAndNeuronsOfSeveralLayers_EqualsTheWholePass([ValueSource(nameof(Models))] string name, [Values("all", "2,4")] string at)
    {
        var model = CheckpointModels.Get(name);
        var (last, neurons) = (model.Config.NLayers - 1, model.Config.AttnOnly ? [] : new LayerIndex[] { new(0, 3), new(model.Config.NLayers - 1, 7) });
        var options = new AblateOptions { Heads = [new(last, 1), new(0, 0), new(last, 0)], Neurons = neurons, Together = true, At = Selection.Parse(at), Position = Selection.Parse("all"), Token = OneOf(model, 7) };
        var row = TestRun.Execute(new Ablate(), model, options, Three).Rows<AblationEffect>("ablate")[1];

        Assert.That(row.Kind, Is.EqualTo(AblatedKind.Set));
        AssertEffect(row, model, options, prompt => new[] { 0, last }.SelectMany(layer => options.Heads.Where(head => head.Layer == layer).Select(head => Change(model, options, AblatedKind.Head, layer, head.Index, prompt))
            .Concat(options.Neurons.Where(neuron => neuron.Layer == layer).Select(neuron => Change(model, options, AblatedKind.Neuron, layer, neuron.Index, prompt))).GroupBy(change => change.Hook).Select(group => (group.Key, Whole(group)))));

        static Action<float[]> Whole(IEnumerable<(string, Action<float[]> Change)> changes) => values => changes.ToList().ForEach(change => change.Change(values));
    }

    /// <summary>A prompt whose partner says the same takes nothing from it: no bit changes. (A product of one row, as of a prompt of one token alone, is summed in another order.)</summary>
    [Test]
    public void WhatIsReplacedByItself_ChangesNoBit([ValueSource(nameof(Models))] string name, [Values(2, 7)] int length, [Values] AblationUnit unit)
    {
        var model = CheckpointModels.Get(name);
        if (model.Config.AttnOnly && unit is AblationUnit.Neuron or AblationUnit.Mlp)
        {
            return;
        }

        var options = new AblateOptions { Unit = unit, With = AblationValue.Resample, Neuron = Selection.Parse(model.Config.AttnOnly ? "all" : "0,5,-1"), Position = Selection.All, Token = OneOf(model, 7) };
        var rows = TestRun.Execute(new Ablate(), model, options, [Text(length, 37), Text(length, 37)]).Rows<AblationEffect>("ablate");

        Assert.That(rows, Has.Count.GreaterThan(1));
        Assert.That(rows.Select(row => (row.LogitChange, row.LossChange ?? 0, row.Kl)), Is.All.EqualTo((0.0, 0.0, 0.0)));
    }

    /// <summary>Another way to take a head out: its rows of W_O are 0.</summary>
    [Test]
    public void HeadWithoutOutputMatrix_IsTheHeadWithoutZ([ValueSource(nameof(Models))] string name)
    {
        var model = CheckpointModels.Get(name);
        var row = TestRun.Execute(new Ablate(), model, new AblateOptions { Heads = [new(1, 1)], Token = OneOf(model, 7), Position = Selection.Parse("-1") }, Three[..1]).Rows<AblationEffect>("ablate")[1];

        var output = model.Weight("blocks.1.attn.W_O");
        var data = output.Data.ToArray();
        data.AsSpan(data.Length / model.Config.NHeads, data.Length / model.Config.NHeads).Clear();
        using var without = model.WithWeights(new Dictionary<string, Tensor> { [output.Name] = new(output.Name, data, [.. output.Shape]) });
        Assert.That(row.Logit, Is.EqualTo(NaiveInterventions.Logits(without, Three[0].Tokens)[^1][NaiveInterventions.Tokens(model)[7].Id]).Within(Near));
    }

    [Test]
    public void AnyHook_IsTakenOutWhole([Values("hook_embed", "blocks.1.hook_resid_pre", "blocks.1.attn.hook_pattern", "blocks.1.hook_resid_post")] string hook)
    {
        var model = CheckpointModels.Get("gpt2");
        var options = new AblateOptions { Hooks = [hook], At = Selection.Parse("2-4"), Token = OneOf(model, 7) };
        var row = TestRun.Execute(new Ablate(), model, options, Three).Rows<AblationEffect>("ablate")[1];

        // [batch,pos,…], or [batch,h,pos,key_pos].
        var inner = hook.EndsWith("pattern", StringComparison.Ordinal) ? 6 : model.Config.DModel;
        AssertEffect(row, model, options, _ => [(hook, values =>
        {
            for (var at = 0; at < values.Length; at++)
            {
                values[at] = at / inner % 6 is >= 2 and <= 4 ? 0 : values[at];
            }
        })]);
    }

    [Test]
    public void Encoder_ReadsWhatIsMasked_OrIsRefused()
    {
        var model = CheckpointModels.Get("bert");
        int[] mask = model.Tokenizer!.Encode("[MASK]");
        var options = new AblateOptions { Token = OneOf(model, 7), Layer = Selection.Parse("0"), Head = Selection.Parse("1") };
        var row = TestRun.Execute(new Ablate(), model, options, [new Prompt(null, [2, 9, mask[0], 12, 3])]).Rows<AblationEffect>("ablate")[0];

        var logs = NaiveInterventions.LogSoftmax(NaiveInterventions.Logits(model, [2, 9, mask[0], 12, 3])[2]);
        Assert.That(row.Probability, Is.EqualTo(Math.Exp(logs[NaiveInterventions.Tokens(model)[7].Id])).Within(1e-6));
        Assert.That(row.Loss, Is.EqualTo(-logs[NaiveInterventions.Tokens(model)[7].Id]).Within(Near));
        Assert.That(() => TestRun.Execute(new Ablate(), model, options, Three), Throws.TypeOf<UsageException>().With.Message.StartsWith("Prompt 0 masks no token"));
    }

    private static string OneOf(Model model, int which) => NaiveInterventions.Tokens(model)[which].Text;

    private static Prompt Text(int length, int step) => new(null, [.. Enumerable.Range(1, length).Select(position => (position * position * step) % 499)]);

    /// <summary>What is taken out of a prompt's values of a hook.</summary>
    private static (string Hook, Action<float[]> Change) Change(Model model, AblateOptions options, AblatedKind kind, int layer, int index, int prompt)
    {
        var config = model.Config;
        var (hook, first, count) = kind switch
        {
            AblatedKind.Head => ($"blocks.{layer}.attn.hook_z", index * config.DHead, config.DHead),
            AblatedKind.Neuron => ($"blocks.{layer}.mlp.hook_post", index, 1),
            AblatedKind.Attention => ($"blocks.{layer}.hook_attn_out", 0, config.DModel),
            _ => ($"blocks.{layer}.hook_mlp_out", 0, config.DModel),
        };
        var positions = options.At.Of(6, "at");
        return (hook, values =>
        {
            var width = values.Length / 6;
            float[][] all = options.With == AblationValue.Zero ? [] : [.. Three.Select((_, one) => Values(model, hook, one))];
            foreach (var position in positions)
            {
                for (var at = first; at < first + count; at++)
                {
                    values[(position * width) + at] = options.With switch
                    {
                        AblationValue.Zero => 0,
                        AblationValue.Mean => (float)all.Average(one => positions.Average(from => (double)one[(from * width) + at])),
                        AblationValue.PositionMean => (float)all.Average(one => (double)one[(position * width) + at]),
                        _ => all[Partner(prompt)][(position * width) + at],
                    };
                }
            }
        });
    }

    private static float[] Values(Model model, string hook, int prompt) => Unchanged.GetOrAdd(
        ($"{model.Config.Name} {model.Config.ProcessingName}", hook, prompt), _ => model.Run(new ModelInput(Three[prompt].Tokens), [hook])[hook].Data.ToArray());

    /// <summary>The next one in a circle that seed 0 shuffles.</summary>
    private static int Partner(int prompt)
    {
        int[] circle = [0, 1, 2];
        new Random(0).Shuffle(circle);
        return circle[(Array.IndexOf(circle, prompt) + 1) % 3];
    }

    private static void AssertEffect(AblationEffect row, Model model, AblateOptions options, Func<int, IEnumerable<(string, Action<float[]>)>> changes)
    {
        var (values, losses) = (new List<(double Logit, double Change, double Probability, double Kl)>(), new List<(double Loss, double Change, double Right)>());
        int? token = options.Token is { } text ? OneToken.Of(model, "--token", text) : null, against = options.Against is { } other ? OneToken.Of(model, "--against", other) : null;
        for (var prompt = 0; prompt < Three.Length; prompt++)
        {
            var tokens = Three[prompt].Tokens;
            double[][] before = [.. Values(model, "logits", prompt).Chunk(model.Config.DVocab).Select(row => Array.ConvertAll(row, logit => (double)logit))], after = NaiveInterventions.Logits(model, tokens, changes(prompt));
            foreach (var position in (options.Position ?? Selection.Parse("-1")).Of(6, "position"))
            {
                var answer = token ?? NaiveInterventions.Best(before[position]);
                double Logit(double[][] logits) => logits[position][answer] - (against is { } id ? logits[position][id] : 0);
                double[] old = NaiveInterventions.LogSoftmax(before[position]), now = NaiveInterventions.LogSoftmax(after[position]);
                values.Add((Logit(after), Logit(after) - Logit(before), Math.Exp(now[answer]), old.Zip(now).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second))));
                int? next = position < 5 && model.Config.AttentionDir == "causal" ? tokens[position + 1] : token;
                if (next is { } follows)
                {
                    losses.Add((-now[follows], old[follows] - now[follows], NaiveInterventions.Best(after[position]) == follows ? 1 : 0));
                }
            }
        }

        Assert.That(row.Logit, Is.EqualTo(values.Average(value => value.Logit)).Within(Near), row.Ablated);
        Assert.That(row.LogitChange, Is.EqualTo(values.Average(value => value.Change)).Within(Near), row.Ablated);
        Assert.That(row.Probability, Is.EqualTo(values.Average(value => value.Probability)).Within(Near), row.Ablated);
        Assert.That(row.Kl, Is.EqualTo(values.Average(value => value.Kl)).Within(Near), row.Ablated);
        Assert.That(row.Loss is null, Is.EqualTo(losses.Count == 0), row.Ablated);
        if (losses.Count > 0)
        {
            Assert.That(row.Loss, Is.EqualTo(losses.Average(loss => loss.Loss)).Within(Near), row.Ablated);
            Assert.That(row.LossChange, Is.EqualTo(losses.Average(loss => loss.Change)).Within(Near), row.Ablated);
            Assert.That(row.Accuracy, Is.EqualTo(losses.Average(loss => loss.Right)).Within(1e-12), row.Ablated);
        }
    }
}
