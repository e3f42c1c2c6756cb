using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>stitch</c> between models whose embeddings are rotations of each other is exact.</summary>
public sealed class StitchTests : AnalysisTests<Stitch>
{
    private static readonly ModelConfig Sizes = new() { DModel = 6, NHeads = 2, NLayers = 2, DHead = 3, DVocab = 30, DMlp = 4, NCtx = 8 };
    private static readonly ModelInput Text = new(3, 1, 4, 1, 5);
    private static readonly StitchOptions Plain = new() { Last = 1 };

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new StitchOptions { Last = 1, Blocks = Selection.Parse("1") }, CheckpointModels.Prompts, Gpt2),
        new(Gpt2, new StitchOptions { Last = 1 }, CheckpointModels.Prompts, Gpt2),
        new(Gpt2, new StitchOptions { Last = 2 }, CheckpointModels.Prompts, Gpt2),
    ];

    protected override string[] Approximate => ["bert", "encoder", "openai-gpt"];

    protected override string[] Undefined => [];

    [Test]
    public void RotatedEmbedding_StatesArriveExactly([Values] bool lnF, [Values] bool addPositions, [Values] bool positionsInKernel)
    {
        var donor = Donor();
        var rotated = Rotation.Of(donor, seed: 7);
        var fed = new List<Tensor>();
        var receiver = Receiver(rotated, fed);

        TestRun.Execute(new Stitch(), donor, Plain with { LnF = lnF, AddPositions = addPositions, PositionsInKernel = positionsInKernel }, [new Prompt(null, Text.Tokens[0], "1")], receiver);

        Assert.That(fed, Has.Count.EqualTo(3), "one pass for each number of blocks, 0 to 2");
        for (var blocks = 0; blocks <= 2; blocks++)
        {
            var expected = Naive.Multiply(Normed(Naive.Dense(State(donor, blocks, Text)[0].AsMatrix()), donor, lnF), Rotation.Matrix(6, 7));
            for (var position = 0; position < 5; position++)
            {
                for (var at = 0; at < 6; at++)
                {
                    var shift = addPositions ? receiver.Weight("pos_embed.W_pos").Span[(position * 6) + at] : 0;
                    Assert.That(fed[blocks].Span[(position * 6) + at], Is.EqualTo(expected[position, at] + shift).Within(1e-5));
                }
            }
        }
    }

    /// <summary>E_B = E_A R for any R that can be undone: states that meet E_A meet E_B as H R⁻ᵀ, which is neither H R nor H Rᵀ.</summary>
    [Test]
    public void MappedEmbedding_StatesArriveByTheInverseTransposed()
    {
        var donor = Donor();
        var random = new Random(3);
        var r = new double[6, 6];
        for (var at = 0; at < 36; at++)
        {
            r[at / 6, at % 6] = (at % 7 == 0 ? 1.5 : 0) + (0.4 * (random.NextDouble() - 0.5));
        }

        var mapped = Naive.Multiply(Naive.Dense(donor.WE), r);
        var fed = new List<Tensor>();
        var receiver = Receiver(donor.WithWeight("embed.W_E", [.. mapped.Cast<double>().Select(value => (float)value)], 30, 6), fed);

        TestRun.Execute(new Stitch(), donor, Plain with { LnF = false, AddPositions = false, PositionsInKernel = false }, [new Prompt(null, Text.Tokens[0], "1")], receiver);

        Assert.That(fed, Has.Count.EqualTo(3));
        for (var blocks = 0; blocks <= 2; blocks++)
        {
            // What arrives, times Rᵀ, is the state again.
            var arrived = new double[5, 6];
            for (var at = 0; at < 30; at++)
            {
                arrived[at / 6, at % 6] = fed[blocks].Span[at];
            }

            var back = Naive.Multiply(arrived, Naive.Transpose(r));
            Assert.That(back.Cast<double>(), Is.EqualTo(Naive.Dense(State(donor, blocks, Text)[0].AsMatrix()).Cast<double>()).Within(2e-5), $"{blocks} blocks");
        }
    }

    [Test]
    public void MapThatIsNoRotation_LeadsFromTheDonorToTheReceiver()
    {
        // E_B = E_A S R with S a scaling of the axes: K = S⁻¹ R, while a map the wrong way round would scale by S.
        var donor = Donor();
        var scaled = donor.WithWeight("embed.W_E", data => Scale(data, at => at + 1));
        var fed = new List<Tensor>();

        TestRun.Execute(new Stitch(), donor, Plain, [new Prompt(null, Text.Tokens[0], "1")], Receiver(Rotation.Of(scaled, seed: 7), fed));

        for (var blocks = 0; blocks <= 2; blocks++)
        {
            var states = State(donor, blocks, Text).Data.ToArray();
            Scale(states, at => 1f / (at + 1));
            var expected = Naive.Multiply(Naive.Dense(new Matrix(states, 5, 6)), Rotation.Matrix(6, 7)).Cast<double>();
            Assert.That(fed[blocks].Data.ToArray(), Is.EqualTo(expected.Select(value => (float)value)).Within(1e-5));
        }
    }

    private static void Scale(float[] rows, Func<int, float> factor)
    {
        for (var at = 0; at < rows.Length; at++)
        {
            rows[at] *= factor(at % 6);
        }
    }

    [Test]
    public void Classifier_AveragesLogitsOverPositions_AndCountsLabels()
    {
        // The receiver's last state is what was fed; class 1 wins where its first coordinate is positive on average.
        var donor = Donor();
        var receiver = Receiver(donor, []).WithWeight("classifier.W", [-1, 1, .. new float[10]], 6, 2).WithWeight("classifier.b", [0, 0], 2);
        var prompts = Enumerable.Range(0, 20).Select(at => new Prompt(null, [at, (7 * at) % 30, at + 9], at % 2 == 0 ? "negative" : "pos")).ToList();

        var rows = TestRun.Execute(new Stitch(), donor, Plain, prompts, receiver).Rows<StitchRow>("stitch");

        for (var blocks = 0; blocks <= 2; blocks++)
        {
            var right = prompts.Where((prompt, at) =>
            {
                var states = State(donor, blocks, new ModelInput(prompt.Tokens));
                var mean = Enumerable.Range(0, 3).Average(position => states.Span[position * 6]);
                return (mean > 0 ? 1 : 0) == at % 2;
            }).Count();
            Assert.That(rows[blocks].Accuracy, Is.EqualTo(right / 20.0));
            Assert.That((rows[blocks].Blocks, rows[blocks].Judged), Is.EqualTo((blocks, 20)));
        }
    }

    [Test]
    public void WithoutClassifier_NextTokensAreJudged()
    {
        var donor = Donor();
        var receiver = Receiver(donor, []).WithoutWeight("classifier.W").WithHook("logits", ["batch", "pos", "30"], input =>
        {
            // Says token 1 when it reads stitched states, token 4 alone.
            var logits = new float[5 * 30];
            for (var position = 0; position < 5; position++)
            {
                logits[(position * 30) + (input.Replace.Count > 0 ? 1 : 4)] = 1;
            }

            return new Tensor("logits", logits, 1, 5, 30);
        });

        var row = TestRun.Execute(new Stitch(), donor, Plain, [new Prompt(null, [3, 1, 4, 1, 5])], receiver).Rows<StitchRow>("stitch")[0];

        // What follows is 1 4 1 5.
        Assert.That((row.Accuracy, row.Receiver, row.Agreement, row.Judged), Is.EqualTo((0.5, 0.25, 0.0, 4)));
    }

    [Test]
    public void Last_MoreThanTheReceiverHas_IsRefused() => Assert.That(
        () => TestRun.Execute(new Stitch(), Donor(), new StitchOptions { Last = 3 }, [new Prompt(null, [1, 2])], Receiver(Donor(), [])),
        Throws.TypeOf<UsageException>().With.Message.Contains("expected 1 to 2"));

    [TestCase(null, "none")]
    [TestCase("maybe", "'maybe'")]
    public void UnknownLabel_IsRefused(string? label, string found) => Assert.That(
        () => TestRun.Execute(new Stitch(), Donor(), Plain, [new Prompt(null, [1, 2], label)], Receiver(Donor(), [])),
        Throws.TypeOf<UsageException>().With.Message.Contains($"found {found}"));

    /// <summary>Its states are functions of the tokens; nothing else about it matters.</summary>
    private static FakeModel Donor()
    {
        var model = FakeModel.Gpt2Like(Sizes, seed: 11);
        return Enumerable.Range(0, 3).Aggregate(model, (made, blocks) => made.WithHook(
            blocks == 0 ? "blocks.0.hook_resid_pre" : $"blocks.{blocks - 1}.hook_resid_post", ["batch", "pos", "6"], input => State(model, blocks, input)));
    }

    /// <summary>A receiver whose last block passes on what it was fed.</summary>
    private static FakeModel Receiver(FakeModel weights, List<Tensor> fed) => weights
        .WithWeight("classifier.W", new float[12], 6, 2)
        .WithHook("blocks.0.hook_resid_pre", ["batch", "pos", "6"], input => new Tensor(
            "embedded", input.Replace["hook_embed"].Data.ToArray().Select((value, at) => value + weights.Weight("pos_embed.W_pos").Span[at]).ToArray(), 1, input.Tokens[0].Length, 6))
        .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "6"], input =>
        {
            if (!input.Replace.TryGetValue("blocks.1.hook_resid_pre", out var given))
            {
                return new Tensor("alone", new float[input.Tokens[0].Length * 6], 1, input.Tokens[0].Length, 6);
            }

            fed.Add(given);
            return given;
        });

    private static Tensor State(FakeModel model, int blocks, ModelInput input)
    {
        var tokens = input.Tokens[0];
        return new Tensor("state", tokens.SelectMany((token, position) => model.WE.Row(token).ToArray().Select((value, at) => value * (1 + (0.3f * blocks * ((at + position) % 3))))).ToArray(), 1, tokens.Length, 6);
    }

    private static double[,] Normed(double[,] states, FakeModel model, bool norm)
    {
        for (var row = 0; row < states.GetLength(0) && norm; row++)
        {
            var values = Enumerable.Range(0, 6).Select(at => states[row, at]).ToArray();
            var mean = values.Average();
            var scale = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + 1e-5);
            for (var at = 0; at < 6; at++)
            {
                states[row, at] = ((values[at] - mean) / scale * model.Weight("ln_final.w").Span[at]) + model.Weight("ln_final.b").Span[at];
            }
        }

        return states;
    }
}
