using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>ov-pairs</c> and <c>qk-pairs</c> equal the dense V x V formula, and find what was planted.</summary>
public sealed class PairTests
{
    private const int V = 61;
    private static readonly ModelConfig Sizes = new() { DModel = 12, NHeads = 4, NKeyValueHeads = 2, NLayers = 2, DHead = 3, DVocab = V, DMlp = 8, NCtx = 8 };
    private static FakeModel Model { get; } = FakeModel.Gpt2Like(Sizes, seed: 3).WithWeight("blocks.1.ln1.w", gain =>
    {
        for (var at = 0; at < gain.Length; at++)
        {
            gain[at] = 0.5f + (0.1f * at);
        }
    });

    [Test]
    public void OvPairs_AnyEmbeddingBiasesAndGain_EqualTheDenseFormula(
        [Values] EmbeddingChoice embedding, [Values] bool biases, [Values] bool normGain, [Values] bool lowest)
    {
        var options = new OvPairOptions { Tokens = PairedTokens.All, Embedding = embedding, Biases = biases, NormGain = normGain, Lowest = lowest, K = 40, Layer = Selection.Parse("1"), Head = Selection.Parse("3") };
        var rows = TestRun.Execute(new OvPairs(), Model, options).Rows<InputOutputPair>("ov-pairs");

        var input = Naive.Dense(embedding == EmbeddingChoice.Output ? Model.WU.Transpose() : Model.WE);
        var output = Naive.Dense(embedding == EmbeddingChoice.Input ? Model.WE : Model.WU.Transpose());
        var dense = Naive.Multiply(Naive.Multiply(Read(input, "V", 3, biases, normGain), Naive.Dense(Model.WO(1, 3))), Naive.Transpose(output));
        Naive.AssertSame([.. rows.Select(row => (row.Input.Id, row.Output.Id, row.Score))], Naive.Sorted(dense, (_, _) => true, lowest), 40);
    }

    [Test]
    public void QkPairs_AnyEmbeddingBiasesAndGain_EqualTheDenseFormula(
        [Values] EmbeddingChoice embedding, [Values] bool biases, [Values] bool normGain, [Values] bool lowest)
    {
        var options = new QkPairOptions { Tokens = PairedTokens.All, Embedding = embedding, Biases = biases, NormGain = normGain, Lowest = lowest, K = 40, Layer = Selection.Parse("1"), Head = Selection.Parse("2") };
        var rows = TestRun.Execute(new QkPairs(), Model, options).Rows<QueryKeyPair>("qk-pairs");

        var side = Naive.Dense(embedding == EmbeddingChoice.Output ? Model.WU.Transpose() : Model.WE);
        var dense = Naive.Multiply(Read(side, "Q", 2, biases, normGain), Naive.Transpose(Read(side, "K", 2, biases, normGain)));
        Naive.AssertSame([.. rows.Select(row => (row.Query.Id, row.Key.Id, row.Score))], Naive.Sorted(dense, (_, _) => true, lowest), 40);
    }

    /// <summary>Where the norms are folded into the weights there is no gain left to apply.</summary>
    [Test]
    public void NormGain_OnFoldedWeights_ChangesNothing([Values] bool biases)
    {
        var folded = Model.WeightNames.Where(name => name.Contains(".ln", StringComparison.Ordinal) || name.StartsWith("ln_final", StringComparison.Ordinal)).ToList()
            .Aggregate(Model, (model, name) => model.WithoutWeight(name)).WithConfig(config => config with { Norm = "LNPre", Processing = ["fold_ln"] });
        var options = new OvPairOptions { Tokens = PairedTokens.All, Biases = biases, K = 40, Layer = Selection.Parse("1"), Head = Selection.Parse("3") };

        var (without, with) = (
            TestRun.Execute(new OvPairs(), folded, options).Rows<InputOutputPair>("ov-pairs"),
            TestRun.Execute(new OvPairs(), folded, options with { NormGain = true }).Rows<InputOutputPair>("ov-pairs"));

        Assert.That(with, Has.Count.EqualTo(40).And.EqualTo(without));
    }

    /// <summary>By default the lists are of words: tokens that begin one and are letters alone, so long as the tokenizer knows such.</summary>
    [Test]
    public void Tokens_ByDefault_AreThoseThatReadAsWords()
    {
        string Text(int id) => (id % 4) switch { 0 => $" w{new string('a', 1 + (id / 4))}", 1 => $"w{new string('b', 1 + (id / 4))}", 2 => $" {id}", _ => $" ;{new string('.', id / 4)}" };
        var model = Model.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, V).Select(Text)));
        var all = new OvPairOptions { Tokens = PairedTokens.All, K = 30, Layer = Selection.Parse("0") };
        (List<InputOutputPair> Rows, IReadOnlyList<string> Notes) Run(OvPairOptions options, FakeModel on)
        {
            var results = TestRun.Execute(new OvPairs(), on, options);
            return (results.Rows<InputOutputPair>("ov-pairs").ToList(), results.Notes);
        }

        var (words, notes) = Run(all with { Tokens = PairedTokens.Words }, model);

        Assert.That(words.Select(row => row.Input.Id % 4).Concat(words.Select(row => row.Output.Id % 4)), Is.All.Zero);
        Assert.That(words, Is.EqualTo(Run(all with { WordInitial = true, BpeFilter = BpeFilter.Alpha }, model).Rows));
        Assert.That(notes, Has.Some.EqualTo("pairs of tokens that begin a word, letters alone; --tokens all pairs every token"));
        var (everything, none) = Run(all, model);
        Assert.That(everything.Select(row => row.Input.Id % 4).Distinct().Count(), Is.EqualTo(4));
        Assert.That(none, Has.None.Contains("--tokens"));
        Assert.That(Run(all with { Tokens = PairedTokens.Words, OnlyFromList = new WordList("list", [" wa", "wb"]) }, model).Rows.Select(row => row.Input.Text).Distinct(), Is.EqualTo([" wa"]), "filters come on top");

        // A tokenizer that knows no such words, and a model without one: every token.
        foreach (var other in new[] { Model, Model.WithTokenizer(null), Model.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, V).Select(id => $"w{id}"))) })
        {
            Assert.That(Run(all with { Tokens = PairedTokens.Words }, other).Rows, Is.EqualTo(Run(all, other).Rows));
        }
    }

    [Test]
    public void OvPairs_FreqNormalisation_DividesRowsByMeanAbsoluteProjections()
    {
        var options = new OvPairOptions { Tokens = PairedTokens.All, Normalise = Normalise.Freq, K = 30, Layer = Selection.Parse("0"), Head = Selection.Parse("1") };
        var rows = TestRun.Execute(new OvPairs(), Model, options).Rows<InputOutputPair>("ov-pairs");

        var (e, u) = (Naive.Dense(Model.WE), Naive.Dense(Model.WU.Transpose()));
        var dense = Naive.Multiply(Naive.Multiply(Naive.Multiply(e, Naive.Dense(Model.WV(0, 1))), Naive.Dense(Model.WO(0, 1))), Naive.Transpose(u));
        var (inputs, outputs) = (Divisors(e, (l, h) => h % 2 == 0 ? Model.WV(l, h) : null), Divisors(u, (l, h) => Model.WO(l, h).Transpose()));
        for (var i = 0; i < V; i++)
        {
            for (var j = 0; j < V; j++)
            {
                dense[i, j] /= inputs[i] * outputs[j];
            }
        }

        var expected = Naive.Sorted(dense, (_, _) => true);
        Assert.That(rows, Has.Count.EqualTo(30));
        for (var rank = 0; rank < rows.Count; rank++)
        {
            Assert.That(rows[rank].Score, Is.EqualTo(expected[rank].Score).Within(1e-4 * Math.Abs(expected[rank].Score)));
        }
    }

    [Test]
    public void Filters_DropTokensBeforeTheProduct_SoListsStayFull()
    {
        string[] words = [.. Enumerable.Range(0, V).Select(id => id % 3 == 0 ? $" Ä{id}" : id % 3 == 1 ? $" w{id / 6}" : $"W{id / 6}")];
        var model = Model.WithTokenizer(new FakeTokenizer(words));
        var options = new OvPairOptions { Tokens = PairedTokens.All, OnlyAscii = true, ExcludeSame = true, K = 25, Layer = Selection.Parse("0"), Head = Selection.Parse("0") };
        var rows = TestRun.Execute(new OvPairs(), model, options).Rows<InputOutputPair>("ov-pairs");

        var dense = Naive.Multiply(Naive.Multiply(Naive.Multiply(Naive.Dense(model.WE), Naive.Dense(model.WV(0, 0))), Naive.Dense(model.WO(0, 0))), Naive.Dense(model.WU));
        bool Ascii(int id) => id % 3 != 0;
        bool Takes(int row, int column) => Ascii(row) && Ascii(column) && !words[row].Trim().Equals(words[column].Trim(), StringComparison.OrdinalIgnoreCase);
        Assert.That(rows, Has.Count.EqualTo(25));
        Naive.AssertSame([.. rows.Select(row => (row.Input.Id, row.Output.Id, row.Score))], Naive.Sorted(dense, Takes), 25);
    }

    [Test]
    public void OvPairs_PlantedPair_IsFirst()
    {
        // Token 5 alone has feature 0, W_V reads it, W_O writes feature 1, which token 9 alone has.
        var model = Plant(Plant(Zeroed("embed.W_E", "blocks.0.attn.W_V", "blocks.0.attn.W_O", "unembed.W_U"), "embed.W_E", 5 * 12, 1), "unembed.W_U", V + 9, 1);
        model = Plant(Plant(model, "blocks.0.attn.W_V", 0, 2), "blocks.0.attn.W_O", 1, 3);
        var options = new OvPairOptions { Tokens = PairedTokens.All, K = 1, Layer = Selection.Parse("0"), Head = Selection.Parse("0") };

        var pair = TestRun.Execute(new OvPairs(), model, options).Rows<InputOutputPair>("ov-pairs")[0];

        Assert.That((pair.Input.Id, pair.Output.Id, pair.Score), Is.EqualTo((5, 9, 6.0)));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(-7)]
    public void QkPairs_Offset_IsTheScoreOfTwoRotatedPositions(int offset)
    {
        var config = Sizes with { DHead = 6, NHeads = 2, NKeyValueHeads = 2, RotaryDim = 4, InvFreq = [1, 0.1], RopeAttentionFactor = 1.2, Positions = "rotary" };
        var model = FakeModel.Gpt2Like(config, seed: 5);
        var options = new QkPairOptions { Tokens = PairedTokens.All, Offset = offset, K = 20, Layer = Selection.Parse("0"), Head = Selection.Parse("1") };
        var rows = TestRun.Execute(new QkPairs(), model, options).Rows<QueryKeyPair>("qk-pairs");

        // Any two positions that far apart give the same score: 40 + offset and 40.
        var queries = Rotate(Naive.Multiply(Naive.Dense(model.WE), Naive.Dense(model.WQ(0, 1))), config, 40 + offset);
        var keys = Rotate(Naive.Multiply(Naive.Dense(model.WE), Naive.Dense(model.WK(0, 1))), config, 40);
        Naive.AssertSame([.. rows.Select(row => (row.Query.Id, row.Key.Id, row.Score))], Naive.Sorted(Naive.Multiply(queries, Naive.Transpose(keys)), (_, _) => true), 20);
    }

    [Test]
    public void QkPairs_Curve_PassesThroughTheScoresOfEveryOffset()
    {
        var config = Sizes with { DHead = 6, NHeads = 2, NKeyValueHeads = 2, RotaryDim = 4, InvFreq = [1, 0.1], Positions = "rotary" };
        var model = FakeModel.Gpt2Like(config, seed: 5);
        var head = new QkPairOptions { Tokens = PairedTokens.All, Layer = Selection.Parse("1"), Head = Selection.Parse("0"), K = V * V };
        var curve = TestRun.Execute(new QkPairs(), model, head with { K = 6, Curve = 4 });

        Assert.That(curve.Figures.Keys, Is.EqualTo(new[] { "qk-curve-1-0" }));
        for (var offset = 0; offset <= 4; offset++)
        {
            var scores = TestRun.Execute(new QkPairs(), model, head with { Offset = offset }).Rows<QueryKeyPair>("qk-pairs").ToDictionary(row => (row.Query.Id, row.Key.Id), row => row.Score);
            foreach (var row in curve.Rows<OffsetScore>("qk-curve").Where(row => row.Offset == offset))
            {
                Assert.That(row.Score, Is.EqualTo(scores[(row.Query.Id, row.Key.Id)]).Within(1e-6));
            }
        }
    }

    [Test]
    public void NormGain_PostNormModel_IsRefused() => Assert.That(
        () => TestRun.Execute(new OvPairs(), Model.WithConfig(config => config with { Traits = new HashSet<Trait> { Trait.PostNorm } }), new OvPairOptions { Tokens = PairedTokens.All, NormGain = true }),
        Throws.TypeOf<UsageException>().With.Message.Contain("--norm-gain"));

    [Test]
    public void Embedding_OutputWithoutUnembedding_IsRefused_AutoUsesTheInput()
    {
        var encoder = Model.WithoutWeight("unembed.W_U");

        Assert.That(() => TestRun.Execute(new OvPairs(), encoder, new OvPairOptions { Tokens = PairedTokens.All, Embedding = EmbeddingChoice.Output }), Throws.TypeOf<UsageException>());
        Assert.That(TestRun.Execute(new OvPairs(), encoder).Notes[0], Does.Contain("output side W_E"));
    }

    private static FakeModel Zeroed(params string[] names) => names.Aggregate(Model, (model, name) => model.WithWeight(name, Array.Clear));

    private static FakeModel Plant(FakeModel model, string name, int at, float value) => model.WithWeight(name, data => data[at] = value);

    /// <summary>E W + b of layer 1, with diag(w) W and b + b_ln W where asked.</summary>
    private static double[,] Read(double[,] side, string which, int head, bool biases, bool normGain)
    {
        var stored = which == "Q" ? head : Sizes.KeyValueHeadOf(head);
        var weight = Naive.Dense(Model.Weight($"blocks.1.attn.W_{which}")[stored].AsMatrix());
        var bias = Model.Weight($"blocks.1.attn.b_{which}")[stored].Span.ToArray();
        if (normGain)
        {
            var (gain, shift) = (Model.Weight("blocks.1.ln1.w").Data, Model.Weight("blocks.1.ln1.b").Data);
            for (var j = 0; j < bias.Length; j++)
            {
                for (var i = 0; i < gain.Length; i++)
                {
                    bias[j] += (float)(shift.Span[i] * weight[i, j]);
                    weight[i, j] *= gain.Span[i];
                }
            }
        }

        var projected = Naive.Multiply(side, weight);
        return biases ? Naive.AddRow(projected, bias) : projected;
    }

    private static double[] Divisors(double[,] side, Func<int, int, Matrix?> weight)
    {
        var (sums, columns) = (new double[V], 0);
        for (var layer = 0; layer < Sizes.NLayers; layer++)
        {
            for (var head = 0; head < Sizes.NHeads; head++)
            {
                if (weight(layer, head) is not { } matrix)
                {
                    continue;
                }

                var projected = Naive.Multiply(side, Naive.Dense(matrix));
                columns += matrix.Columns;
                for (var token = 0; token < V; token++)
                {
                    for (var j = 0; j < matrix.Columns; j++)
                    {
                        sums[token] += Math.Abs(projected[token, j]);
                    }
                }
            }
        }

        return [.. sums.Select(sum => (sum / columns) + 1e-9)];
    }

    private static double[,] Rotate(double[,] rows, ModelConfig config, int position)
    {
        var half = config.RotaryDim / 2;
        for (var i = 0; i < rows.GetLength(0); i++)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var angle = position * config.InvFreq[pair];
                var (x, y) = (rows[i, pair], rows[i, pair + half]);
                rows[i, pair] = config.RopeAttentionFactor * ((x * Math.Cos(angle)) - (y * Math.Sin(angle)));
                rows[i, pair + half] = config.RopeAttentionFactor * ((y * Math.Cos(angle)) + (x * Math.Sin(angle)));
            }
        }

        return rows;
    }
}
