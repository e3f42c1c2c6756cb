using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>finetune-diff</c> finds what was edited and nothing else.</summary>
public sealed class FinetuneDiffTests
{
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
        // The vocabulary is 10 opinion words and the rest names; the edit points along the embeddings of the opinion words.
        string[] good = [" good", " great", " superb", " fine", " wonderful", " brilliant", " awesome", " lovely", " happy", " nice"];
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer([.. good, .. Enumerable.Range(10, VectorModels.V - 10).Select(id => $" w{id}")]));
        model = model.WithWeight("embed.W_E", data =>
        {
            for (var token = 0; token < VectorModels.V; token++)
            {
                data[token * VectorModels.D] = token < 10 ? 3 : -0.1f;
            }
        });
        var tuned = model.WithWeight("blocks.0.mlp.W_in", data => data[4] -= 2);

        var row = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, new FinetuneDiffOptions { Pool = 10 }, secondModel: tuned).Rows<GroupChange>("groups").Single();

        Assert.That((row.Group, row.Layer, row.Moved, row.LexiconShare, row.Good), Is.EqualTo(("K", 0, 1, 1.0, 1)), "the negated difference counts too");
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
