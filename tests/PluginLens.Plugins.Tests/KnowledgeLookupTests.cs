using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>knowledge-lookup</c> ranks as the formula does, and finds a planted concept.</summary>
public sealed class KnowledgeLookupTests : AnalysisTests<KnowledgeLookup>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new KnowledgeLookupOptions { Words = ["w3"] }),
        new(Fake, new KnowledgeLookupOptions { Words = ["w3"], Neurons = 9 }),
        new(Fake, new KnowledgeLookupOptions { Words = ["w3"], Neurons = 9, Promotes = "w9", From = "w4", To = "w17" }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["mixtral"];

    [Test]
    public void Words_RankEveryVectorAsTheFormulaDoes([Values] bool tied, [Values] bool gated, [Values] LookupOver over)
    {
        var model = VectorModels.Make(tied, gated);
        var rows = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["w3", "w5", "w8"], Over = over, Neurons = 20 }).Rows<LookedUpNeuron>("neurons");

        var name = over == LookupOver.Values ? "V" : "K";
        var e = Naive.Dense(over == LookupOver.Values ? model.WU.Transpose() : model.WE);
        var query = Enumerable.Range(0, VectorModels.D).Select(at => new[] { 3, 5, 8 }.Average(token => e[token, at]) - Enumerable.Range(0, VectorModels.V).Average(token => e[token, at])).ToArray();
        var expected = (from layer in Enumerable.Range(0, 2)
                        from vector in VectorModels.Vectors(model, name, layer).Select((vector, neuron) => (Neuron: neuron, Score: vector.Zip(query, (x, q) => x * q).Sum()))
                        orderby vector.Score descending
                        select (layer, vector.Neuron, vector.Score)).ToList();
        Assert.That(rows.Select(row => (row.Layer, row.Neuron)), Is.EqualTo(expected.Select(row => (row.layer, row.Neuron))));
        Assert.That(rows.Select(row => row.Score), Is.EqualTo(expected.Select(row => row.Score)).Within(1e-6));
        Assert.That(rows.Select(row => row.Rank), Is.EqualTo(Enumerable.Range(1, 20)));
    }

    [Test]
    public void ConceptNeuron_IsFirst()
    {
        var model = VectorModels.Make();
        model = model.WithWeight("blocks.1.mlp.W_out", data =>
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[(6 * VectorModels.D) + at] = 10 * (model.WU.Row(at)[20] + model.WU.Row(at)[21] + model.WU.Row(at)[22]);
            }
        });

        var first = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["w20", "w21", "w22"] }).Rows<LookedUpNeuron>("neurons")[0];

        Assert.That((first.Layer, first.Neuron), Is.EqualTo((1, 6)));
    }

    [Test]
    public void WordForms_AreTriedInOrder_AndNamed()
    {
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer([" cat", "dog", " bi", "rd", " ", "b", "i", "r", "d", .. Enumerable.Range(0, 38).Select(id => $" w{id}")]));

        var notes = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["cat", "dog", "bird"] }).Notes;

        Assert.That(notes[0], Is.EqualTo("word 'cat': with leading space (id 0)"));
        Assert.That(notes[1], Is.EqualTo("word 'dog': without leading space (id 1)"));
        Assert.That(notes[2], Is.EqualTo("word 'bird': mean of 2 pieces (id 2 3)"));
    }

    [Test]
    public void Promotes_RanksNeuronsByTheirProductAndHeadsByWhatTheyCanWrite()
    {
        var model = VectorModels.Make();
        var results = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Promotes = "w9", Neurons = 6 });

        var neurons = (from layer in Enumerable.Range(0, 2)
                       from found in VectorModels.Vectors(model, "V", layer).Select((vector, at) => (Neuron: at, Score: VectorModels.Scores(model, vector, "V")[9]))
                       orderby found.Score descending
                       select (layer, found.Neuron)).Take(6);
        Assert.That(results.Rows<PromotingNeuron>("promoting-neurons").Select(row => (row.Layer, row.Neuron)), Is.EqualTo(neurons));
        var heads = results.Rows<PromotingHead>("promoting-heads");
        Assert.That(heads.Select(row => row.Score), Is.Ordered.Descending);
        foreach (var row in heads)
        {
            double[] pushes = [.. Enumerable.Range(0, 3).Select(j => VectorModels.Scores(model, VectorModels.Vectors(model, "W_O", row.Layer)[(row.Head * 3) + j], "W_O")[9])];
            Assert.That(row.Score, Is.EqualTo(Math.Sqrt(pushes.Sum(push => push * push))).Within(1e-6));
            Assert.That(row.DimensionScore, Is.EqualTo(pushes[row.Dimension]).Within(1e-6));
            Assert.That(Math.Abs(row.DimensionScore), Is.EqualTo(pushes.Max(Math.Abs)).Within(1e-6));
        }
    }

    [Test]
    public void Promotes_APlantedHead_ComesFirst()
    {
        var model = VectorModels.Make();
        var w = model.Weight("blocks.1.attn.W_O").Data.ToArray();
        for (var at = 0; at < VectorModels.D; at++)
        {
            w[(((2 * 3) + 1) * VectorModels.D) + at] = -20 * model.WU.Row(at)[9]; // dimension 1 of head 2 writes the word when z is negative
        }

        var top = TestRun.Execute(new KnowledgeLookup(), model.WithWeight("blocks.1.attn.W_O", w, 4, 3, VectorModels.D), new KnowledgeLookupOptions { Promotes = "w9" }).Rows<PromotingHead>("promoting-heads")[0];

        Assert.That((top.Layer, top.Head, top.Dimension), Is.EqualTo((1, 2, 1)));
        Assert.That(top.DimensionScore, Is.Negative);
    }

    [TestCase("a,,b", "an empty one")]
    [TestCase(" ", "an empty one")]
    [TestCase("a,\u001f", "an empty one")]
    public void EmptyWords_AreRefused(string words, string message) => Assert.That(
        () => TestRun.Execute(new KnowledgeLookup(), VectorModels.Make(), new KnowledgeLookupOptions { Words = words.Split(',') }),
        Throws.TypeOf<UsageException>().With.Message.Contains(message));

    [Test]
    public void UnknownWord_IsRefused()
    {
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => $" w{id}")) { Unknown = 3 });
        Assert.That(() => TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["w4", "cat"] }), Throws.TypeOf<UsageException>().With.Message.Contains("'cat' is not in the vocabulary"));
    }

    [Test]
    public void UnknownWord_OfAFolderWithVocabTxtAlone_IsRefusedEverywhere()
    {
        // Neither tokenizer.json nor a config names [UNK]; the model's metadata have no unk_id.
        var folder = Directory.CreateTempSubdirectory("pluginlens-").FullName;
        string[] pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(5, VectorModels.V - 5).Select(id => $"w{id}")];
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), pieces);
        var model = VectorModels.Make().WithTokenizer(Tokenizers.TokenizerFiles.Load(folder));
        Directory.Delete(folder, recursive: true);

        Assert.That(TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["w9"] }).Notes[0], Is.EqualTo("word 'w9': a whole word (id 9)"));
        KnowledgeLookupOptions[] asked = [new() { Words = ["w9", "cat"] }, new() { Promotes = "cat" }, new() { From = "cat", To = "w9" }, new() { From = "w9", To = "cat" }];
        foreach (var options in asked)
        {
            Assert.That(() => TestRun.Execute(new KnowledgeLookup(), model, options), Throws.TypeOf<UsageException>().With.Message.Contains("'cat' is not in the vocabulary"));
        }
    }

    [Test]
    public void FromTo_EqualsTheDenseOvMatrix([Values] bool tied)
    {
        var model = VectorModels.Make(tied);
        var rows = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { From = "w4", To = "w17" }).Rows<HeadMapping>("mappings");

        Assert.That(rows, Has.Count.EqualTo(8));
        Assert.That(rows.Select(row => row.Score), Is.Ordered.Descending);
        foreach (var row in rows)
        {
            var m = Naive.Multiply(Naive.Multiply(Naive.Multiply(Naive.Dense(model.WE), Naive.Dense(model.WV(row.Layer, row.Head))), Naive.Dense(model.WO(row.Layer, row.Head))), Naive.Dense(model.WU));
            Assert.That(row.Score, Is.EqualTo(m[4, 17]).Within(1e-6));
            Assert.That(row.OutputRank, Is.EqualTo(1 + Enumerable.Range(0, VectorModels.V).Count(token => m[4, token] > m[4, 17])));
        }
    }

    [Test]
    public void AttentionOnlyModel_LooksThroughHeadsAlone()
    {
        var model = FakeModel.Gpt2Like(VectorModels.Make().Config with { DMlp = 0, AttnOnly = true });

        var results = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Promotes = "w9" });
        Assert.That(results.Rows<PromotingNeuron>("promoting-neurons"), Is.Empty);
        Assert.That(results.Rows<PromotingHead>("promoting-heads"), Is.Not.Empty);
        Assert.That(() => TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Words = ["w9"] }), Throws.TypeOf<UsageException>().With.Message.Contains("--promotes"));
    }

    [Test]
    public void NothingAsked_OrHalfAPair_IsRefused()
    {
        Assert.That(() => TestRun.Execute(new KnowledgeLookup(), VectorModels.Make()), Throws.TypeOf<UsageException>().With.Message.Contains("--words"));
        Assert.That(() => TestRun.Execute(new KnowledgeLookup(), VectorModels.Make(), new KnowledgeLookupOptions { From = "w1" }), Throws.TypeOf<UsageException>().With.Message.Contains("--to"));
    }
}
