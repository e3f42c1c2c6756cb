using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>finetune-diff</c> finds what was edited and nothing else.</summary>
public sealed class FinetuneDiffTests : AnalysisTests<FinetuneDiff.FinetuneDiff>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(() => VectorModels.Make(), new FinetuneDiffOptions { Layer = Selection.Parse("0") }, SecondModel: () => VectorModels.Make(seed: 2)),
        new(() => VectorModels.Make(), new FinetuneDiffOptions(), SecondModel: () => VectorModels.Make(seed: 2)),
        new(() => VectorModels.Make(), new FinetuneDiffOptions { Sample = 9, K = 40 }, SecondModel: () => VectorModels.Make(seed: 2)),
    ];

    protected override IEnumerable<Example> OtherRuns =>
    [
        new(() => VectorModels.Make(), new FinetuneDiffOptions(), SecondModel: () => VectorModels.Make(seed: 2).WithWeight("classifier.W", new float[2 * VectorModels.D], VectorModels.D, 2)),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["mixtral"];

    [Test]
    public void EditedNeuron_TopsTheRanking_AndReadsAsItsEdit([Values] bool tied)
    {
        var model = VectorModels.Make(tied);
        var tuned = model.WithWeight("blocks.1.mlp.W_out", data =>
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[(7 * VectorModels.D) + at] += 5 * model.WU.Row(at)[33];
                data[(2 * VectorModels.D) + at] += 0.001f;
            }
        });

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { K = 12 }, secondModel: tuned);

        var changed = results.Rows<ChangedVector>("changed");
        Assert.That(changed.Select(row => (row.Group, row.Layer, row.Index)), Is.EqualTo(new[] { ("V", 1, 7), ("V", 1, 2) }));
        var delta = Enumerable.Range(0, VectorModels.D).Select(at => (double)tuned.Weight("blocks.1.mlp.W_out").AsMatrix().Row(7)[at] - model.Weight("blocks.1.mlp.W_out").AsMatrix().Row(7)[at]).ToArray();
        var scores = VectorModels.Scores(model, delta, "V");
        var words = results.Rows<DiffWord>("finetune-diff").Where(row => row.Index == 7).ToList();
        Assert.That(words.Select(row => row.Diff.Id), Is.EqualTo(VectorModels.Top(scores, 12)));
        Assert.That(words.Select(row => row.Negative.Id), Is.EqualTo(VectorModels.Top(scores, 12, score => -score)));
        Assert.That(words.Select(row => row.NegativeScore), Is.EqualTo(VectorModels.Top(scores, 12, score => -score).Select(token => -scores[token])).Within(1e-5));
        Assert.That(changed[0].Norm, Is.EqualTo(Math.Sqrt(delta.Sum(value => value * value))).Within(1e-6));
    }

    [Test]
    public void IdenticalModels_SaySo()
    {
        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), secondModel: VectorModels.Make());

        Assert.That(results.Notes, Has.Some.Contains("identical"));
        Assert.That(results.Rows<DiffWord>("finetune-diff"), Is.Empty);
    }

    [Test]
    public void LexiconShare_CountsOpinionWordsAmongTheBetterEnd()
    {
        var (model, tuned) = Opinionated(_ => { });

        var row = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = 10 }, secondModel: tuned).Rows<GroupChange>("groups").Single();

        Assert.That((row.Group, row.Layer, row.Moved, row.LexiconShare, row.Good), Is.EqualTo(("K", 0, 1, 1.0, 1)), "the negated difference counts too");
    }

    [TestCase(1.0, 1)]
    [TestCase(0.7, 1)]
    public void Good_CountsAShareExactlyAtTheLimit(double good, int expected)
    {
        var (model, tuned) = Opinionated(_ => { });

        var row = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = 10, Good = good }, secondModel: tuned).Rows<GroupChange>("groups").Single();

        Assert.That((row.LexiconShare, row.Good), Is.EqualTo((1.0, expected)));
    }

    [Test]
    public void OriginalShare_TakesTheBetterEndOfTheOriginal([Values(1, -1)] int sign)
    {
        var (model, tuned) = Opinionated(data => data[4] = sign);

        var row = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = 10 }, secondModel: tuned).Rows<GroupChange>("groups").Single();

        var scores = VectorModels.Scores(model, VectorModels.Vectors(model, "K", 0)[4], "K");
        double best = VectorModels.Top(scores, 10).Count(id => id < 10) / 10.0, worst = VectorModels.Top(scores, 10, score => -score).Count(id => id < 10) / 10.0;
        Assert.That(best > worst, Is.EqualTo(sign > 0), "one end has more of them, this one or the other");
        Assert.That(row.OriginalShare, Is.EqualTo(Math.Max(best, worst)).Within(1e-12));
    }

    /// <summary>Ten opinion words, to which one key of the first block is moved; the rest are names.</summary>
    private static (FakeModel Original, FakeModel Tuned) Opinionated(Action<float[]> before)
    {
        string[] good = [" good", " great", " superb", " fine", " wonderful", " brilliant", " awesome", " lovely", " happy", " nice"];
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer([.. good, .. Enumerable.Range(10, VectorModels.V - 10).Select(id => $" w{id}")]));
        model = model.WithWeight("embed.W_E", data =>
        {
            for (var token = 0; token < VectorModels.V; token++)
            {
                data[token * VectorModels.D] = token < 10 ? 3 : -0.1f;
            }
        }).WithWeight("blocks.0.mlp.W_in", data => before(data));
        return (model, model.WithWeight("blocks.0.mlp.W_in", data => data[4] -= 2));
    }

    [Test]
    public void GoodAndOriginalShare_CountTheLimitItselfAndTheBetterEnd()
    {
        // Three words of opinion are the far end of coordinate 0. The vector points away from them before its tuning, and towards them by it.
        string[] good = [" good", " great", " superb"];
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer([.. good, .. Enumerable.Range(3, VectorModels.V - 3).Select(id => $" w{id}")]));
        model = model.WithWeight("embed.W_E", data =>
        {
            for (var token = 0; token < VectorModels.V; token++)
            {
                data[token * VectorModels.D] = token < 3 ? 3 : -0.1f;
            }
        });
        model = model.WithWeight("blocks.0.mlp.W_in", data =>
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[(at * 10) + 4] = at == 0 ? -1 : 0;
            }
        });
        var tuned = model.WithWeight("blocks.0.mlp.W_in", data => data[4] += 2);
        GroupChange With(double limit) => TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = 10, Good = limit }, secondModel: tuned).Rows<GroupChange>("groups").Single();

        Assert.That((With(0.3).LexiconShare, With(0.3).OriginalShare), Is.EqualTo((0.3, 0.3)));
        Assert.That((With(0.3).Good, With(0.31).Good), Is.EqualTo((1, 0)), "a share that is the limit counts");
    }

    [Test]
    public void LongListsAndShortPools_ListEverythingAskedFor() => Assert.That(
        TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), new FinetuneDiffOptions { K = 15, Pool = 5, Sample = 1, Layer = Selection.Parse("0") }, secondModel: VectorModels.Make(seed: 2)).Rows<DiffWord>("finetune-diff"),
        Has.Count.EqualTo(6 * 15));

    [Test]
    public void Classifier_PrintsBothRowsAgainstTheEmbedding()
    {
        var weight = VectorModels.Make(seed: 9).Weight("blocks.0.mlp.W_in").Data.ToArray()[..16];
        var tuned = VectorModels.Make(seed: 2).WithWeight("classifier.W", weight, VectorModels.D, 2);

        var rows = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), secondModel: tuned).Rows<ClassifierWord>("classifier");

        double[] Column(int column) => [.. Enumerable.Range(0, VectorModels.D).Select(at => (double)weight[(at * 2) + column])];
        Assert.That(rows.Where(row => row.Label == "positive").Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(VectorModels.Scores(tuned, Column(1), "K"), 30)));
        Assert.That(rows.Where(row => row.Label == "negative").Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(VectorModels.Scores(tuned, Column(0), "K"), 30)));
    }

    [Test]
    public void Classifier_OfBothModels_IsTheDifferenceOfItsRows([Values] bool tied)
    {
        var numbers = VectorModels.Make(seed: 9).Weight("blocks.0.mlp.W_in").Data.ToArray();
        float[] before = numbers[..16], after = numbers[16..32];
        var original = VectorModels.Make(tied).WithWeight("classifier.W", before, VectorModels.D, 2);
        var tuned = VectorModels.Make(tied, seed: 2).WithWeight("classifier.W", after, VectorModels.D, 2);

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), original, secondModel: tuned);

        var rows = results.Rows<ClassifierWord>("classifier");
        Assert.That(rows.Select(row => row.Label).Distinct(), Is.EqualTo(new[] { "positive", "negative" }));
        foreach (var (label, column) in new[] { ("positive", 1), ("negative", 0) })
        {
            double[] delta = [.. Enumerable.Range(0, VectorModels.D).Select(at => (double)after[(at * 2) + column] - before[(at * 2) + column])];
            var scores = VectorModels.Scores(tuned, delta, "K");
            var list = rows.Where(row => row.Label == label).ToList();
            Assert.That(list.Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(scores, 30)));
            Assert.That(list.Select(row => row.Score), Is.EqualTo(VectorModels.Top(scores, 30).Select(token => scores[token])).Within(1e-6));
        }

        Assert.That(results.Notes, Has.Some.EqualTo("differences of classifier rows on W_E of the tuned model"));
    }

    [Test]
    public void Classifier_OfBothModels_RowsThatDidNotMoveAreLeftOut()
    {
        var before = VectorModels.Make(seed: 9).Weight("blocks.0.mlp.W_in").Data.ToArray()[..16];
        float[] after = [.. before.Select((value, at) => at == 4 ? value + 1 : value)];
        var original = VectorModels.Make().WithWeight("classifier.W", before, VectorModels.D, 2);

        var moved = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), original, secondModel: original.WithWeight("classifier.W", after, VectorModels.D, 2));
        var same = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), original, secondModel: original);

        // Entry 4 is coordinate 2 of class 0.
        Assert.That(moved.Rows<ClassifierWord>("classifier").Select(row => row.Label), Is.EqualTo(Enumerable.Repeat("negative", 30)));
        Assert.That(moved.Rows<ClassifierWord>("classifier")[0].Score, Is.EqualTo(Enumerable.Range(0, VectorModels.V).Max(token => original.WE.Row(token)[2])).Within(1e-6));
        Assert.That(same.TableNames, Does.Not.Contain("classifier"));
        Assert.That(same.Notes, Has.Some.EqualTo("the classifiers of the two models are identical"));
    }

    [Test]
    public void Classifier_OfOtherClasses_IsRefused() => Assert.That(
        () => TestRun.Execute(
            new FinetuneDiff.FinetuneDiff(), VectorModels.Make().WithWeight("classifier.W", new float[24], VectorModels.D, 3), secondModel: VectorModels.Make().WithWeight("classifier.W", new float[16], VectorModels.D, 2)),
        Throws.TypeOf<UsageException>().With.Message.Contains("has 3 classes").And.Message.Contains("2"));

    [Test]
    public void Lexicon_ComparesWordsAsTheAuthorsCodeStripsThem()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "; comment\n\u001c; comment too\n\u001eW3\u001d \n");
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => id == 3 ? "w3\u001f" : $" w{id}")));
        var tuned = model.WithWeight("blocks.0.mlp.W_in", data => data[4] -= 2);

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = VectorModels.V, Lexicon = file }, secondModel: tuned);
        File.Delete(file);

        Assert.That(results.Notes, Has.Some.Contains("lexicon of 1 words"));
        Assert.That(results.Rows<GroupChange>("groups").Single().LexiconShare, Is.EqualTo(1.0 / VectorModels.V));
    }

    [Test]
    public void Classifier_OfThreeClasses_ListsEachByItsNumber()
    {
        var weight = VectorModels.Make(seed: 9).Weight("blocks.0.mlp.W_in").Data.ToArray()[..24];
        var tuned = VectorModels.Make(seed: 2).WithWeight("classifier.W", weight, VectorModels.D, 3);

        var rows = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), new FinetuneDiffOptions { ClassifierK = 4 }, secondModel: tuned).Rows<ClassifierWord>("classifier");

        Assert.That(rows.Select(row => row.Label), Is.EqualTo(new[] { "0", "0", "0", "0", "1", "1", "1", "1", "2", "2", "2", "2" }));
    }

    [Test]
    public void Identical_IsSaidOfTheLayersThatWereLookedAt()
    {
        var tuned = Edited(VectorModels.Make(), "blocks.1.mlp.W_in");

        var notes = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), new FinetuneDiffOptions { Layer = Selection.Parse("0") }, secondModel: tuned).Notes;

        Assert.That(notes, Has.Some.EqualTo("the two models are identical in every parameter group of layers 0: nothing to show"));
    }

    [Test]
    public void GatedModel_BothKeyMatricesAreCompared()
    {
        var original = VectorModels.Make(gated: true);
        var groups = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), original, secondModel: Edited(original, "blocks.1.mlp.W_in")).Rows<GroupChange>("groups");

        Assert.That(groups.Select(row => (row.Group, row.Layer)), Is.EqualTo(new[] { ("K_in", 1) }));
    }

    [Test]
    public void AnotherStorageType_IsWarnedAbout()
    {
        static FakeModel Stored(FakeModel model, string type) => model.WithConfig(config => config with { Metadata = new Dictionary<string, string> { ["dtype"] = type } });
        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), Stored(VectorModels.Make(), "float32"), secondModel: Stored(VectorModels.Make(), "float16"));

        Assert.That(results.Warnings, Has.Some.Contains("stored as float32").And.Contains("rounding"));
    }

    /// <summary>The model with one entry of a weight changed.</summary>
    private static FakeModel Edited(FakeModel model, string name)
    {
        var weight = model.Weight(name);
        var data = weight.Data.ToArray();
        data[3] += 1;
        return model.WithWeight(name, data, [.. weight.Shape]);
    }

    [Test]
    public void DifferentSizes_AreRefused() => Assert.That(
        () => TestRun.Execute(new FinetuneDiff.FinetuneDiff(), VectorModels.Make(), secondModel: FakeModel.Gpt2Like(VectorModels.Make().Config with { NLayers = 1 })),
        Throws.TypeOf<UsageException>().With.Message.Contains("two states of one model"));
}
