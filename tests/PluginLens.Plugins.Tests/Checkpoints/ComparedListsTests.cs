using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Lists of words with tokens centred, divided by lengths, filtered and flagged equal those of a vocabulary made whole, in every analysis that lists words.</summary>
public sealed class ComparedListsTests
{
    private const int K = 6;
    private const double Large = 1.05;
    private static readonly string[] Names = ["gpt2", "qwen2", "mistral", "bert"];
    private static readonly Prompt[] Text = [CheckpointModels.Prompts[1]];

    [Test]
    public void Subheads_EqualTheNaiveLists([ValueSource(nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
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
    public void FfnKeysValues_EqualTheNaiveLists([ValueSource(nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine, [Values] bool normed)
    {
        var model = CheckpointModels.Get(name);
        var options = Asked(new FfnKeysValuesOptions { Layer = Selection.Parse("-1"), Neuron = Selection.Parse("0-7"), K = K, Normed = normed, Negative = true }, center, cosine);
        AssertNeurons(model, name, options, signed: _ => 1);
    }

    [Test]
    public void FfnKeysValues_Signed_ListTheSideThatTheGateTurnsOn([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name, [Values] bool center, [Values] bool normed)
    {
        var (model, weights) = (CheckpointModels.Get(name), new NaiveWeights(CheckpointModels.Get(name)));
        var layer = model.Config.NLayers - 1;
        var options = Asked(new FfnKeysValuesOptions { Layer = Selection.Parse("-1"), Neuron = Selection.Parse("0-15"), K = K, Normed = normed, Negative = true, Signed = true }, center, CosineOf.None);
        var normedTokens = NaiveComparison.Normed(model, $"blocks.{layer}.ln2", weights.Rows("embed.W_E"), biased: true);
        int Sign(int neuron)
        {
            var gate = NaiveComparison.Scores(weights.Vectors("K", layer)[neuron], NaiveComparison.Centred(normed ? normedTokens : weights.Rows("embed.W_E"), center), CosineOf.None);
            return NaiveLists.Top(gate, 10, Keep(name)).Average(id => NaiveWeights.Dot(normedTokens[id], weights.Vectors("K_in", layer)[neuron])) < 0 ? -1 : 1;
        }

        var signs = TestRun.Execute(new FfnKeysValues(), model, options).Rows<NeuronOverlap>("neurons");

        Assert.That(signs.Select(row => row.Sign), Is.EqualTo(signs.Select(row => (int?)Sign(row.Neuron))));
        Assert.That(signs.Select(row => row.Sign), Has.Some.EqualTo(1).And.Some.EqualTo(-1));
        AssertNeurons(model, name, options, Sign);
    }

    /// <summary>The gate opens at tokens where w_in is negative: what the neuron promotes is the other side of its value.</summary>
    [Test]
    public void FfnKeysValues_Signed_PlantedNeuron()
    {
        var model = VectorModels.Make(gated: true);
        float[] word = model.WE.Row(5).ToArray(), written = Column(model.WU, 9);
        model = Planted(model, "W_gate", word, 1);
        model = Planted(model, "W_in", word, -1);
        model = model.WithWeight("blocks.0.mlp.W_out", data => written.CopyTo(data, 4 * VectorModels.D));
        var options = new FfnKeysValuesOptions { Layer = Selection.Parse("0"), Neuron = Selection.Parse("4"), K = VectorModels.V };
        (int? Sign, KeyValueWords[] Words) Run(bool signed)
        {
            var results = TestRun.Execute(new FfnKeysValues(), model, options with { Signed = signed });
            return (results.Rows<NeuronOverlap>("neurons")[0].Sign, [.. results.Rows<KeyValueWords>("ffn-keys-values")]);
        }

        var (plain, signed) = (Run(signed: false), Run(signed: true));

        Assert.That((plain.Sign, signed.Sign), Is.EqualTo(((int?)null, (int?)-1)));
        Assert.That(signed.Words.Select(row => (row.Value.Id, -row.ValueScore)), Is.EqualTo(plain.Words.Reverse().Select(row => (row.Value.Id, row.ValueScore))));
        Assert.That(signed.Words.Select(row => row.Key), Is.EqualTo(plain.Words.Select(row => row.Key)));

        static FakeModel Planted(FakeModel model, string name, float[] column, float sign) => model.WithWeight($"blocks.0.mlp.{name}", data =>
        {
            for (var row = 0; row < VectorModels.D; row++)
            {
                data[(row * 10) + 4] = sign * column[row];
            }
        });
    }

    [Test]
    public void Signed_WithoutAGate_IsRefused()
    {
        static void Refused(IAnalysis analysis, Model model, object options, string what)
        {
            Assert.That(() => TestRun.Execute(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith(what));
            Assert.That(() => TestRun.Plan(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith(what));
        }

        Refused(new FfnKeysValues(), VectorModels.Make(), new FfnKeysValuesOptions { Signed = true }, "--signed: the MLPs of model 'model' have no gate");
        Refused(new KnowledgeLookup(), VectorModels.Make(), new KnowledgeLookupOptions { Words = ["w3"], Signed = true }, "--signed: the MLPs of model 'model' have no gate");
        Refused(new KnowledgeLookup(), VectorModels.Make(gated: true), new KnowledgeLookupOptions { Words = ["w3"], Signed = true, Over = LookupOver.Keys }, "--signed: keys have no sign");
    }

    [Test]
    public void KnowledgeLookup_Words_EqualTheNaiveLists([ValueSource(nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
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
    public void KnowledgeLookup_FromTo_EqualsTheNaiveRanks([ValueSource(nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
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
    public void EmbeddingMap_EqualsTheNaiveList([ValueSource(nameof(Names))] string name, [Values] bool center, [Values] CosineOf cosine)
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

    private static void AssertNeurons(Model model, string name, FfnKeysValuesOptions options, Func<int, int> signed)
    {
        var (layer, weights) = (model.Config.NLayers - 1, new NaiveWeights(model));
        var (read, written) = (weights.Rows("embed.W_E"), NaiveStates.IsPostNorm(model) && !model.HasWeight("unembed.W_U") ? weights.Rows("embed.W_E") : weights.Columns("unembed.W_U"));
        if (options.Normed)
        {
            read = NaiveComparison.Normed(model, NaiveStates.IsPostNorm(model) ? $"blocks.{layer}.ln1" : $"blocks.{layer}.ln2", read, biased: true);
            written = Array.ConvertAll(written, row => NaivePatterns.Written(model, row));
        }

        var (keys, values) = (NaiveComparison.Centred(read, options.Center), NaiveComparison.Centred(written, options.Center));
        var results = TestRun.Execute(new FfnKeysValues(), model, options);
        foreach (var (table, side) in new[] { ("ffn-keys-values", 1), ("ffn-keys-values-negative", -1) })
        {
            foreach (var list in results.Rows<KeyValueWords>(table).GroupBy(row => row.Neuron))
            {
                double[] Times(string group, int sign) => Array.ConvertAll(weights.Vectors(group, layer)[list.Key], value => sign * value);
                AssertList(model, list.Select(row => row.Key.Id), Times("K", side), keys, options.Cosine, Keep(name), list.Select(row => row.KeyScore));
                AssertList(model, list.Select(row => row.Value.Id), Times("V", side * signed(list.Key)), values, options.Cosine, Keep(name), list.Select(row => row.ValueScore));
                Assert.That(list.Select(row => row.ValueHighBias), Is.All.EqualTo(HighBias(model, list.Select(row => row.Value.Id))));
            }
        }
    }

    /// <summary>All filters and flags at once, as every record of options has them.</summary>
    private static T Asked<T>(T options, bool center = false)
        where T : WordOptions => (T)(options with { Center = center, BpeFilter = BpeFilter.LeadingSpace, DropFlagged = true, LargeNorm = Large, Flags = true, HighBias = 0.01 });

    private static T Asked<T>(T options, bool center, CosineOf cosine)
        where T : VectorOptions => Asked((T)(options with { Cosine = cosine }), center);

    private static Func<int, bool> Keep(string name)
    {
        var (model, large) = (CheckpointModels.Get(name), NaiveComparison.Large(CheckpointModels.Get(name), Large));
        return id => CheckpointModels.HasText(name, id) && !large[id] && model.Tokenizer!.StartsWord(id);
    }

    private static double[][] Tokens(Model model, bool writes, bool center) => NaiveComparison.Centred(new NaiveWeights(model).Vocabulary(writes), center);

    private static void AssertList(Model model, IEnumerable<int> found, double[] vector, double[][] tokens, CosineOf cosine, Func<int, bool> keep, IEnumerable<double>? scores = null, int k = K) =>
        NaiveLists.AssertTop(found, NaiveComparison.Scores(vector, tokens, cosine), k, model.Config.Name, keep, scores);

    private static bool? HighBias(Model model, IEnumerable<int> ids)
    {
        var weights = new NaiveWeights(model);
        var norm = NaiveStates.IsPostNorm(model) ? weights.Vector("mlm_head.ln.b") : weights.Vector("ln_final.b");
        double[] bias = [.. weights.Columns("unembed.W_U").Select((row, id) => (weights.Vector("unembed.b_U")?[id] ?? 0) + (norm is null ? 0 : NaiveWeights.Dot(norm, row)))];
        return Math.Abs(ids.Average(id => bias[id] - bias.Average())) > 0.01;
    }

    private static string Word(Model model) => Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id).Trim())
        .First(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit) && (model.Tokenizer!.Encode(" " + text) is [var only] || model.Tokenizer.Encode(text) is [var bare]) && Passes(model, text));

    private static bool Passes(Model model, string text)
    {
        var id = model.Tokenizer!.Encode(" " + text) is [var one] ? one : model.Tokenizer.Encode(text)[0];
        return model.Tokenizer.StartsWord(id) && !NaiveComparison.Large(model, Large)[id];
    }

    private static float[] Column(Matrix matrix, int column)
    {
        var values = new float[matrix.Rows];
        matrix.Transpose().CopyRow(column, values);
        return values;
    }
}
