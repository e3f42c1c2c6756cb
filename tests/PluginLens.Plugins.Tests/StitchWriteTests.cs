using PluginLens.Models;
using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>stitch --write</c> and <c>--subtract</c> on real model folders, and what they refuse.</summary>
public sealed class StitchWriteTests
{
    private static readonly int[] Ids = [5, 170, 300, 41, 8, 77];
    private string _folder = null!;

    private string Written => Path.Combine(_folder, "stitched");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pluginlens-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Write_RotatedEmbedding_TheFolderGivesTheDonorsStatesRotated([Values(0, 2)] int blocks)
    {
        using var donor = Open("tiny-gpt2");
        var d = donor.Config.DModel;
        var rotation = Rotation.Matrix(d, seed: 5);
        var rotated = Naive.Multiply(Naive.Dense(donor.WE), rotation).Cast<double>().Select(value => (float)value).ToArray();
        using var receiver = donor.WithWeights(new Dictionary<string, Tensor> { ["embed.W_E"] = new("embed.W_E", rotated, donor.Config.DVocab, d) });

        var results = TestRun.Execute(new Stitch(), donor, new StitchOptions { Last = 1, Blocks = Selection.Parse($"{blocks}", null), Write = Written }, secondModel: receiver);

        using var written = ModelFolder.Open(Written, new OpenOptions());
        var state = blocks == 0 ? "blocks.0.hook_resid_pre" : $"blocks.{blocks - 1}.hook_resid_post";
        var expected = Naive.Multiply(Naive.Dense(donor.Run(new ModelInput(Ids), [state])[state][0].AsMatrix()), rotation).Cast<double>().ToList();
        var found = written.Run(new ModelInput(Ids), ["hook_embed"])["hook_embed"].Data.ToArray();
        Assert.That(found, Is.EqualTo(expected.Select(value => (float)value)).Within(1e-5 * expected.Max(Math.Abs)));
        Assert.That(results.Notes, Has.Some.Contains($"n = {blocks}"));
        Assert.That(results.TableNames, Is.Empty, "without prompts nothing is measured");
    }

    [Test]
    public void Write_WithPrompts_MeasuresWhatTheFolderComputes()
    {
        using var donor = Open("tiny-gpt2-wide");
        using var receiver = Open("tiny-gpt2");
        Prompt[] prompts = [new(null, Ids), new(null, [9, 8, 7, 6])];

        var row = TestRun.Execute(new Stitch(), donor, new StitchOptions { Last = 2, Blocks = Selection.Parse("1", null), LnF = true, AddPositions = true, Write = Written }, prompts, receiver).Rows<StitchRow>("stitch").Single();

        using var written = ModelFolder.Open(Written, new OpenOptions());
        var right = prompts.Sum(prompt =>
        {
            var logits = written.Run(new ModelInput(prompt.Tokens), ["logits"])["logits"][0].AsMatrix();
            return Enumerable.Range(0, prompt.Tokens.Length - 1).Count(position => Best(logits.Row(position)) == prompt.Tokens[position + 1]);
        });
        Assert.That((row.Accuracy, row.Judged), Is.EqualTo((right / 8.0, 8)));
    }

    [Test]
    public void Subtract_EqualsAModelMadeByHand()
    {
        using var donor = Open("tiny-gpt2");
        using var tuned = Open("tiny-gpt2-reviews");
        var last = tuned.Config.NLayers - 1;
        var touched = tuned.WeightNames.Where(name => name.Contains(".attn.", StringComparison.Ordinal) || name.Contains(".mlp.", StringComparison.Ordinal) || name == "classifier.W").ToList();

        // Before its tuning every weight was a quarter of what it is, norms too; the classifier had no bias then.
        using var original = tuned.WithWeights(touched.Append("blocks.0.ln1.w").ToDictionary(name => name, name => Scaled(tuned.Weight(name), 0.25f)));
        using var byHand = tuned.WithWeights(touched.Where(name => !name.StartsWith("blocks.0.", StringComparison.Ordinal)).ToDictionary(name => name, name => Scaled(tuned.Weight(name), 0.75f))
            .Concat(tuned.WeightNames.Where(name => name == "classifier.b").Select(name => KeyValuePair.Create(name, Scaled(tuned.Weight(name), 0)))).ToDictionary());
        var options = new StitchOptions { Last = last, Blocks = Selection.Parse("1", null), Subtract = true, Write = Written };

        var subtracted = TestRun.Execute(new Stitch(), donor, options, [new Prompt(null, Ids, "1")], tuned, thirdModel: original);

        var other = Path.Combine(_folder, "by-hand");
        var expected = TestRun.Execute(new Stitch(), donor, options with { Subtract = false, Write = other }, [new Prompt(null, Ids, "1")], byHand);
        using var one = ModelFolder.Open(Written, new OpenOptions());
        using var two = ModelFolder.Open(other, new OpenOptions());
        Assert.That(one.WeightNames, Is.EqualTo(two.WeightNames));
        foreach (var name in one.WeightNames)
        {
            Assert.That(one.Weight(name).Span.SequenceEqual(two.Weight(name).Span), Is.True, name);
        }

        Assert.That(subtracted.Rows<StitchRow>("stitch")[0].Accuracy, Is.EqualTo(expected.Rows<StitchRow>("stitch")[0].Accuracy));
        Assert.That(one.Config.Metadata["stitched"], Does.Contain("\"subtract\":\"tiny-gpt2-reviews\""));
    }

    [Test]
    public void Subtract_ReceiverAloneIsTheTunedOne()
    {
        // The classifier reads the state that was fed; tuned says 1 for every text, tuned - original says 0.
        var sizes = new ModelConfig { DModel = 6, NHeads = 2, NLayers = 2, DHead = 3, DVocab = 30, DMlp = 4, NCtx = 8 };
        var states = Enumerable.Repeat(1f, 18).ToArray();
        FakeModel Make(params float[] classes) => FakeModel.Gpt2Like(sizes, seed: 3)
            .WithWeight("classifier.W", [.. classes, .. new float[10]], 6, 2)
            .WithHook("blocks.1.hook_resid_post", ["batch", "pos", "6"], _ => new Tensor("state", states, 1, 3, 6));
        var donor = FakeModel.Gpt2Like(sizes, seed: 4).WithHook("blocks.0.hook_resid_post", ["batch", "pos", "6"], _ => new Tensor("state", states, 1, 3, 6));

        var row = TestRun.Execute(
            new Stitch(), donor, new StitchOptions { Last = 1, Blocks = Selection.Parse("1", null), Subtract = true }, [new Prompt(null, [1, 2, 3], "1")], Make(0, 1), thirdModel: Make(0, 2)).Rows<StitchRow>("stitch")[0];

        Assert.That((row.Receiver, row.Accuracy, row.Agreement), Is.EqualTo((1.0, 0.0, 0.0)));
    }

    [Test]
    public void Write_SeveralNumbersOfBlocks_IsRefused() => Refused(new StitchOptions { Last = 1, Write = Written }, "--blocks selects 3");

    [Test]
    public void Write_ExistingFolder_IsRefused() => Refused(new StitchOptions { Last = 1, Blocks = Selection.Parse("1", null), Write = _folder }, "it exists");

    [Test]
    public void Subtract_WithoutAThirdModel_IsRefused() => Refused(new StitchOptions { Last = 1, Subtract = true }, "third --model");

    [Test]
    public void ThirdModel_WithoutSubtract_IsRefused() => Refused(new StitchOptions { Last = 1 }, "--subtract only", Fake());

    [Test]
    public void Subtract_OtherShapes_IsRefused() => Refused(new StitchOptions { Last = 1, Subtract = true }, "no counterpart of its shape", FakeModel.Gpt2Like(Fake().Config with { DMlp = 5 }));

    [Test]
    public void Subtract_FoldedNorms_IsRefused() =>
        Refused(new StitchOptions { Last = 1, Subtract = true }, "export both raw", Fake().WithConfig(config => config with { Processing = ["fold_ln"] }));

    private static void Refused(StitchOptions options, string why, Model? third = null) => Assert.That(
        () => TestRun.Execute(new Stitch(), Fake(), options, [new Prompt(null, [1, 2])], Fake(), thirdModel: third),
        Throws.TypeOf<UsageException>().With.Message.Contains(why).And.Message.Not.Contains("\n"));

    private static FakeModel Fake() => FakeModel.Gpt2Like(new ModelConfig { DModel = 6, NHeads = 2, NLayers = 2, DHead = 3, DVocab = 30, DMlp = 4, NCtx = 8 });

    private static Tensor Scaled(Tensor weight, float factor) => new(weight.Name, Array.ConvertAll(weight.Data.ToArray(), x => x * factor), [.. weight.Shape]);

    private static int Best(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var at = 1; at < scores.Length; at++)
        {
            best = scores[at] > scores[best] ? at : best;
        }

        return best;
    }

    private static OnnxModel Open(string name)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "PluginLens.sln")))
        {
            at = at.Parent!;
        }

        return ModelFolder.Open(Path.Combine(at.FullName, "models", "onnx", name), new OpenOptions { Device = Device.Cpu });
    }
}
