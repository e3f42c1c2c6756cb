using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Testing;
using static PluginLens.Plugins.Tests.Checkpoints.Compared;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Lists of words with tokens centred, divided by lengths, filtered and flagged equal those of a vocabulary made whole, in every analysis that lists words.</summary>
public sealed class ComparedListsTests
{
    [Test]
    public void Subheads_EqualTheNaiveLists([ValueSource(typeof(Compared), nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
    {
        var (model, options) = (CheckpointModels.Get(name), Asked(new SubheadOptions { Layer = Selection.Parse("-1"), Head = Selection.Parse("0"), K = K }, center, cosine));
        var (layer, keep) = (model.Config.NLayers - 1, Keep(name));

        foreach (var list in TestRun.Execute(new Subheads(), model, options).Rows<SubheadWords>("subheads").GroupBy(row => row.Dimension))
        {
            AssertList(model, list.Select(row => row.Query.Id), new NaiveWeights(model).Vectors("W_Q", layer)[list.Key], Tokens(model, writes: false, center), cosine, keep);
            AssertList(model, list.Select(row => row.Output.Id), new NaiveWeights(model).Vectors("W_O", layer)[list.Key], Tokens(model, writes: true, center), cosine, keep);
            Assert.That(list.Select(row => row.QueryHighBias), Is.All.EqualTo(HighBias(model, list.Select(row => row.Query.Id))));
            Assert.That(list.Select(row => row.OutputLargeNorm), Is.All.False);
        }
    }

    [Test]
    public void KnowledgeLookup_Words_EqualTheNaiveLists([ValueSource(typeof(Compared), nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new KnowledgeLookupOptions { Words = [Word(model)], Neurons = 4, K = K, Signed = model.Config.GatedMlp }, center, cosine);

        var results = TestRun.Execute(new KnowledgeLookup(), model, options);

        var (neurons, plain) = (results.Rows<LookedUpNeuron>("neurons"), TestRun.Execute(new KnowledgeLookup(), model, options with { Signed = false }).Rows<LookedUpNeuron>("neurons"));
        Assert.That(neurons.Select(row => row with { Sign = null }), Is.EqualTo(plain), "the ranking stays");
        foreach (var list in results.Rows<LookedUpWord>("knowledge-lookup").GroupBy(row => row.NeuronRank))
        {
            var neuron = neurons[list.Key - 1];
            var vector = Array.ConvertAll(new NaiveWeights(model).Vectors("V", neuron.Layer)[neuron.Neuron], value => (neuron.Sign ?? 1) * value);
            AssertList(model, list.Select(row => row.Token.Id), vector, Tokens(model, writes: true, center), cosine, Keep(name), list.Select(row => row.Score));
        }
    }

    [Test]
    public void KnowledgeLookup_FromTo_EqualsTheNaiveRanks([ValueSource(typeof(Compared), nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
    {
        var (model, keep) = (CheckpointModels.Get(name), Keep(name));
        var word = Word(model);
        var id = model.Tokenizer!.Encode(" " + word) is [var one] ? one : model.Tokenizer.Encode(word)[0];
        var options = Asked(new KnowledgeLookupOptions { From = word, To = word }, center, cosine);

        var rows = TestRun.Execute(new KnowledgeLookup(), model, options).Rows<HeadMapping>("mappings");

        var (inputs, outputs) = (Tokens(model, writes: false, center), Tokens(model, writes: true, center));
        foreach (var row in rows)
        {
            var scores = NaiveComparison.Scores(NaivePatterns.Message(model, row.Layer, row.Head, inputs[id], biases: false), outputs, cosine);
            Assert.That(row.Score, Is.EqualTo(scores[id]).Within(2e-5 * scores.Max(Math.Abs)), $"{row}");
            Assert.That(row.OutputRank, Is.EqualTo(1 + Enumerable.Range(0, scores.Length).Count(other => keep(other) && scores[other] > scores[id] + 1e-9)).Within(1), $"{row}");
        }
    }

    [Test]
    public void HiddenProjection_EqualsTheNaiveLists([Values("gpt2", "gpt2 --fold-ln", "qwen2", "bert")] string name, [Values] bool center, [Values] CosineOf cosine)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new HiddenProjectionOptions { Layer = Selection.Parse("-1"), Position = Selection.All, K = K }, center, cosine);
        var hook = NaiveStates.Output(model, model.Config.NLayers - 1);

        var results = TestRun.Execute(new HiddenProjection(), model, options, Text);

        var (states, vocabulary) = (model.Run(new ModelInput(Text[0].Tokens), [hook])[hook], Tokens(model, writes: true, center));
        var bias = NaiveStates.IsPostNorm(model) || cosine != CosineOf.None ? null : new NaiveWeights(model).Vector("unembed.b_U");
        foreach (var list in results.Rows<StateWord>("hidden-projection").Where(row => row.Kind != StateKind.Embed).GroupBy(row => row.Position))
        {
            var state = NaiveStates.Normed(model, NaiveStates.At(states, list.Key));
            double[] scores = [.. NaiveComparison.Scores(state, vocabulary, cosine).Select((score, id) => score + (bias?[id] ?? 0) - (center ? bias?.Average() ?? 0 : 0))];
            NaiveLists.AssertTop(list.Select(row => row.Token.Id), scores, K, $"{list.Key}", Keep(name.Split(' ')[0]), list.Select(row => row.Score));
        }

        Assert.That(results.Notes[0].Contains("b_U", StringComparison.Ordinal), Is.EqualTo(bias is not null));
    }

    [Test]
    public void LogitLens_Centred_TakesTheMeanLogitAway_AndLeavesProbabilities([Values("gpt2", "gemma2", "qwen2")] string name)
    {
        var (model, keep) = (CheckpointModels.Get(name), Keep(name));
        var options = Asked(new LogitLensOptions { Layer = Selection.Parse("-1"), K = K });

        CollectedResults Run(bool center) => TestRun.Execute(new LogitLens(), model, options with { Center = center }, Text);
        var (plain, centred) = (Run(center: false), Run(center: true));

        var logits = model.Run(new ModelInput(Text[0].Tokens), ["logits"])["logits"];
        foreach (var (before, after) in plain.Rows<LensWord>("words").Zip(centred.Rows<LensWord>("words")))
        {
            Assert.That((after.Token, after.Probability), Is.EqualTo((before.Token, before.Probability)));
            Assert.That(keep(after.Token.Id));
            Assert.That(before.Logit - after.Logit, Is.EqualTo(NaiveStates.At(logits, after.Position).Average()).Within(1e-4), $"{after}");
        }

        foreach (var (before, after) in plain.Rows<LensState>("logit-lens").Zip(centred.Rows<LensState>("logit-lens")))
        {
            Assert.That(before.TargetLogit - after.TargetLogit, Is.EqualTo(NaiveStates.At(logits, after.Position).Average()).Within(1e-4));
            Assert.That(after with { TargetLogit = 0 }, Is.EqualTo(before with { TargetLogit = 0 }));
        }
    }

    [Test]
    public void EmbeddingMap_EqualsTheNaiveList([ValueSource(typeof(Compared), nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new EmbeddingMapOptions { Group = ParameterGroup.V, Index = 3, K = 12, Method = MapMethod.Pca, Coefficient = -1 }, center, cosine);

        var rows = TestRun.Execute(new EmbeddingMap(), model, options).Rows<MapPoint>("embedding-map");

        var vector = Array.ConvertAll(new NaiveWeights(model).Vectors("V", model.Config.NLayers - 1)[3], value => -value);
        AssertList(model, rows.Select(row => row.Token.Id), vector, Tokens(model, writes: true, center), cosine, Keep(name), rows.Select(row => row.Score), 12);
    }

    [Test]
    public void FinetuneDiff_EqualsTheNaiveLists([Values] bool center, [Values] CosineOf cosine)
    {
        var (original, tuned) = (VectorModels.Make(), VectorModels.Make(seed: 2));
        var options = Asked(new FinetuneDiffOptions { Group = [ParameterGroup.V], Layer = Selection.Parse("0"), K = K }, center, cosine) with { BpeFilter = BpeFilter.None };

        var rows = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), original, options, secondModel: tuned).Rows<DiffWord>("finetune-diff");

        Assert.That(rows, Is.Not.Empty);
        var large = NaiveComparison.Large(original, Large);
        foreach (var list in rows.GroupBy(row => row.Index))
        {
            double[] delta = [.. VectorModels.Vectors(tuned, "V", 0)[list.Key].Zip(VectorModels.Vectors(original, "V", 0)[list.Key], (after, before) => after - before)];
            foreach (var (sign, ids, scores) in new[] { (1, list.Select(row => row.Diff.Id), list.Select(row => row.DiffScore)), (-1, list.Select(row => row.Negative.Id), list.Select(row => row.NegativeScore)) })
            {
                AssertList(original, ids, Array.ConvertAll(delta, value => sign * value), Tokens(original, writes: true, center), cosine, id => !large[id], scores);
            }
        }
    }

    [Test]
    public void Patterns_Centred_EqualTheNaiveLists([Values("gpt2", "qwen2", "bert")] string name, [Values] Similarity score)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new TextPatternOptions { Layer = Selection.Parse("-1"), Position = Selection.Parse("-1"), K = K, Score = score }, center: true);
        var layer = model.Config.NLayers - 1;

        var rows = TestRun.Execute(new TextPatterns(), model, options, Text).Rows<PatternWord>("patterns");

        var tokens = NaiveComparison.Centred(NaiveComparison.Normed(model, NaivePatterns.NormBefore(model, layer), new NaiveWeights(model).Rows("embed.W_E"), biased: true), center: true);
        foreach (var list in rows.GroupBy(row => row.Head))
        {
            var x = NaivePatterns.Input(model, Text[0].Tokens, layer, list.First().Position, normed: true);
            var pattern = NaivePatterns.Pattern(model, layer, list.Key, x, ofKey: true, biases: true);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), NaiveComparison.Scores(pattern, tokens, score == Similarity.Cosine ? CosineOf.Both : CosineOf.None), K, $"head {list.Key}", Keep(name),
                list.Select(row => row.Score), rounding: 1e-5);
        }
    }

    [Test]
    public void Messages_Centred_EqualTheNaiveLists([Values("gpt2", "qwen2")] string name, [Values(MessageReading.Written, MessageReading.WrittenCosine, MessageReading.Cosine, MessageReading.Dot)] MessageReading read)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new MessagesStaticOptions { Words = [Word(model)], Layer = Selection.Parse("0"), K = K, Read = read }, center: true);
        var written = read is MessageReading.Written or MessageReading.WrittenCosine;

        var rows = TestRun.Execute(new MessagesStatic(), model, options).Rows<StaticMessage>("messages-static");

        var weights = new NaiveWeights(model);
        var tokens = written ? Array.ConvertAll(weights.Columns("unembed.W_U"), row => NaivePatterns.Written(model, row)) : weights.Rows("embed.W_E");
        foreach (var list in rows.GroupBy(row => row.Head))
        {
            var message = NaivePatterns.Message(model, 0, list.Key, weights.Rows("embed.W_E")[list.First().Word.Id], biases: false);
            var cosine = read is MessageReading.WrittenCosine or MessageReading.Cosine ? CosineOf.Both : CosineOf.None;
            AssertList(model, list.Select(row => row.Token.Id), message, NaiveComparison.Centred(tokens, center: true), cosine, Keep(name), list.Select(row => row.Score));
            Assert.That(list.Select(row => row.LargeNorm), Is.All.False);
        }
    }

    /// <summary>Every analysis says what it compared how, and what it left out.</summary>
    [Test]
    public void Notes_NameWhatWasCompared()
    {
        var model = CheckpointModels.Get("mistral");
        string Note(IAnalysis analysis, object options, Prompt[]? prompts = null) => string.Join('\n', TestRun.Execute(analysis, model, options, prompts).Notes);
        string[] notes =
        [
            Note(new OvPairs(), Asked(new OvPairOptions { Tokens = PairedTokens.All, K = 2 }, center: true, CosineOf.Both)),
            Note(new QkPairs(), Asked(new QkPairOptions { Tokens = PairedTokens.All, K = 2 }, center: true, CosineOf.Both)),
            Note(new Subheads(), Asked(new SubheadOptions { K = 2 }, center: true, CosineOf.Both)),
            Note(new FfnKeysValues(), Asked(new FfnKeysValuesOptions { K = 2 }, center: true, CosineOf.Both)),
            Note(new KnowledgeLookup(), Asked(new KnowledgeLookupOptions { Words = [Word(model)] }, center: true, CosineOf.Both)),
            Note(new HiddenProjection(), Asked(new HiddenProjectionOptions(), center: true, CosineOf.Both), Text),
            Note(new EmbeddingMap(), Asked(new EmbeddingMapOptions { K = 5, Method = MapMethod.Pca }, center: true, CosineOf.Both)),
        ];

        Assert.That(notes, Is.All.Contains("leading-space tokens; tokens minus their mean over the vocabulary; divided by the lengths of both sides")
            .Or.Contains("leading-space tokens").And.Contains("tokens minus their mean over the vocabulary; divided by the lengths of both sides"));
        Assert.That(notes, Is.All.Contains("tokens of large norm dropped (above 1.05 x the median)").And.All.Contains("have a large norm (above 1.05 x the median)"));
    }
}
