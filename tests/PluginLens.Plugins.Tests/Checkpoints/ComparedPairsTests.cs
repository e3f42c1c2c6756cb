using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Pairs with tokens centred, normed and divided by lengths equal the dense matrix of vectors made whole, on every checkpoint.</summary>
public sealed class ComparedPairsTests
{
    private const int K = 25;

    [Test]
    public void OvPairs_EqualTheDenseMatrix(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] bool center, [Values] CosineOf cosine, [Values] bool normed)
    {
        var model = CheckpointModels.Get(name);
        var options = new OvPairOptions { Tokens = PairedTokens.All, Center = center, Cosine = cosine, Normed = normed, Biases = true, K = K, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1") };

        var rows = TestRun.Execute(new OvPairs(), model, options).Rows<InputOutputPair>("ov-pairs");

        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);
        var inputs = Messages(model, layer, head, Read(model, layer, options));
        var outputs = NaiveComparison.Centred(Written(model, normed), center);
        AssertPairs(rows.Select(row => (row.Input.Id, row.Output.Id, row.Score)), Dense(NaiveComparison.Centred(inputs, center), outputs, cosine), name);
    }

    [Test]
    public void QkPairs_EqualTheDenseMatrix(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] bool center, [Values] CosineOf cosine, [Values] bool normed) =>
        AssertQuery(name, new QkPairOptions { Tokens = PairedTokens.All, Center = center, Cosine = cosine, Normed = normed });

    [Test]
    public void QkPairs_NormGain_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.PreNorm))] string name, [Values] CosineOf cosine) =>
        AssertQuery(name, new QkPairOptions { Tokens = PairedTokens.All, Center = true, Cosine = cosine, NormGain = true, Biases = true });

    [Test]
    public void QkPairs_Biases_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] CosineOf cosine) =>
        AssertQuery(name, new QkPairOptions { Tokens = PairedTokens.All, Cosine = cosine, Biases = true });

    /// <summary>The plan is no less than what is computed, and not far from it, with every option on.</summary>
    [Test]
    public void Plan_CoversWhatIsCompared([Values] bool center, [Values] CosineOf cosine)
    {
        var pairs = new OvPairOptions { Tokens = PairedTokens.All, K = 30, Center = center, Cosine = cosine, Normed = true, Flags = true };
        foreach (var (analysis, options) in new (IAnalysis, object)[]
        {
            (new OvPairs(), pairs),
            (new QkPairs(), new QkPairOptions { Tokens = PairedTokens.All, K = 30, Center = center, Cosine = cosine, Normed = true, Flags = true }),
            (new Subheads(), new SubheadOptions { K = 5, Center = center, Cosine = cosine, Flags = true }),
            (new FfnKeysValues(), new FfnKeysValuesOptions { K = 5, Sample = 0, Center = center, Cosine = cosine, Normed = true, Signed = true, Negative = true, Flags = true }),
            (new KnowledgeLookup(), new KnowledgeLookupOptions { Words = ["w3"], From = "w4", To = "w5", Center = center, Cosine = cosine, Signed = true, Flags = true }),
        })
        {
            var counting = new CountingCompute();
            TestRun.Execute(analysis, VectorModels.Make(gated: true), options, compute: counting);

            Assert.That(TestRun.Plan(analysis, VectorModels.Make(gated: true), options)!.Flops, Is.GreaterThanOrEqualTo(counting.Flops).And.LessThan(8 * counting.Flops), $"{options}");
        }
    }

    [Test]
    public void QkPairs_Offset_EqualTheDenseMatrix([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Rotary))] string name, [Values] CosineOf cosine) =>
        AssertQuery(name, new QkPairOptions { Tokens = PairedTokens.All, Center = true, Cosine = cosine, Offset = 3 });

    [Test]
    public void Pairs_LargeNormsDropped_AndWordPieces([Values("gpt2", "qwen2", "bert")] string name)
    {
        var model = CheckpointModels.Get(name);
        var options = new OvPairOptions { Tokens = PairedTokens.All, Biases = true, DropFlagged = true, LargeNorm = 1.05, BpeFilter = BpeFilter.LeadingSpace, Flags = true, K = K, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1") };

        var results = TestRun.Execute(new OvPairs(), model, options);

        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);
        var large = NaiveComparison.Large(model, 1.05);
        bool Keep(int id) => CheckpointModels.HasText(name, id) && !large[id] && model.Tokenizer!.StartsWord(id);
        Assert.That(large, Has.Some.True.And.Some.False);
        var rows = results.Rows<InputOutputPair>("ov-pairs");
        NaiveLists.AssertTopPairs(
            rows.Select(row => (row.Input.Id, row.Output.Id, row.Score)), Dense(Messages(model, layer, head, Read(model, layer, options)), Written(model, normed: false), CosineOf.None), K, Keep);
        Assert.That(results.Notes[0], Does.Contain($"{large.Count(flagged => flagged)} tokens of large norm dropped (above 1.05 x the median)").And.Contain("leading-space tokens"));
        Assert.That(rows.Select(row => (row.InputLargeNorm, row.OutputLargeNorm)), Is.All.EqualTo((false, false)));
    }

    [Test]
    public void Flags_SayWhatIsFlagged_AndChangeNothing()
    {
        var model = CheckpointModels.Get("gpt2");
        var options = new OvPairOptions { Tokens = PairedTokens.All, LargeNorm = 1.05, K = K, Layer = Selection.Parse("0"), HighBias = 1e-9 };

        IReadOnlyList<InputOutputPair> Rows(bool flags) => TestRun.Execute(new OvPairs(), model, options with { Flags = flags }).Rows<InputOutputPair>("ov-pairs");
        var (plain, flagged) = (Rows(flags: false), Rows(flags: true));

        var large = NaiveComparison.Large(model, 1.05);
        Assert.That(flagged.Select(row => row with { InputLargeNorm = null, OutputLargeNorm = null, HighBias = null }), Is.EqualTo(plain));
        Assert.That(flagged.Select(row => (row.InputLargeNorm, row.OutputLargeNorm)), Is.EqualTo(flagged.Select(row => ((bool?)large[row.Input.Id], (bool?)large[row.Output.Id]))));
        Assert.That(flagged.Select(row => row.HighBias), Is.All.True);
    }

    /// <summary>Every token alike: nothing is left of any, all scores are 0, and the first ids stand first.</summary>
    [Test]
    public void EqualTokens_AreZeroOnceCentred([Values] CosineOf cosine)
    {
        static void Alike(float[] data)
        {
            for (var at = 0; at < data.Length; at++)
            {
                data[at] = 0.1f + (at % VectorModels.D);
            }
        }

        var model = VectorModels.Make(tied: true).WithWeight("embed.W_E", Alike);
        model = model.WithWeight("unembed.W_U", data =>
        {
            for (var at = 0; at < data.Length; at++)
            {
                data[at] = 0.3f + (at / VectorModels.V);
            }
        });

        var rows = TestRun.Execute(new OvPairs(), model, new OvPairOptions { Tokens = PairedTokens.All, Center = true, Cosine = cosine, K = 3, Layer = Selection.Parse("0"), Head = Selection.Parse("0") }).Rows<InputOutputPair>("ov-pairs");

        Assert.That(rows.Select(row => (row.Input.Id, row.Output.Id, row.Score)), Is.EqualTo(new[] { (0, 0, 0.0), (0, 1, 0.0), (0, 2, 0.0) }));
    }

    /// <summary>A head that writes nothing, and a token without an embedding: 0, not the quotient of two zeros.</summary>
    [Test]
    public void ZeroVectors_ScoreZero()
    {
        var model = VectorModels.Make();
        var options = new OvPairOptions { Tokens = PairedTokens.All, Cosine = CosineOf.Both, K = VectorModels.V * VectorModels.V, Layer = Selection.Parse("0"), Head = Selection.Parse("0") };
        IReadOnlyList<InputOutputPair> Rows(FakeModel changed) => TestRun.Execute(new OvPairs(), changed, options).Rows<InputOutputPair>("ov-pairs");

        Assert.That(Rows(model.WithWeight("blocks.0.attn.W_O", Array.Clear)).Select(row => row.Score), Is.All.Zero);
        var blank = Rows(model.WithWeight("embed.W_E", data => data.AsSpan(5 * VectorModels.D, VectorModels.D).Clear()));
        Assert.That(blank.Where(row => row.Input.Id == 5).Select(row => row.Score), Is.All.Zero.And.Exactly(VectorModels.V).Items);
        Assert.That(blank.Select(row => row.Score), Is.All.InRange(-1 - 1e-6, 1 + 1e-6));
    }

    /// <summary>Equal rows tie, and the lower id stands first, also where factors were divided and turned.</summary>
    [Test]
    public void EqualRows_TieByTheLowerId([Values(CosineOf.Output, CosineOf.Both)] CosineOf cosine)
    {
        var model = VectorModels.Make().WithWeight("embed.W_E", data => data.AsSpan(3 * VectorModels.D, VectorModels.D).CopyTo(data.AsSpan(30 * VectorModels.D)));
        var options = new OvPairOptions { Tokens = PairedTokens.All, Center = true, Cosine = cosine, K = VectorModels.V * VectorModels.V, Layer = Selection.Parse("1"), Head = Selection.Parse("2") };

        var rows = TestRun.Execute(new OvPairs(), model, options).Rows<InputOutputPair>("ov-pairs").ToList();

        for (var output = 0; output < VectorModels.V; output++)
        {
            var (first, second) = (rows.FindIndex(row => (row.Input.Id, row.Output.Id) == (3, output)), rows.FindIndex(row => (row.Input.Id, row.Output.Id) == (30, output)));
            Assert.That((second - first, rows[first].Score), Is.EqualTo((1, rows[second].Score)));
        }
    }

    /// <summary>A fragment with a long vector takes every list; neither its centred cosine nor a list without large norms shows it.</summary>
    [Test]
    public void PlantedHub_LeavesTheListsThatAreCompared()
    {
        const int Hub = 11;
        var model = VectorModels.Make(tied: false).WithWeight("unembed.W_U", data => Times(data, Hub, VectorModels.V, 1, 12));
        model = model.WithWeight("embed.W_E", data => Times(data, Hub, 1, VectorModels.D, 12));
        int Outputs(OvPairOptions options) => TestRun.Execute(new OvPairs(), model, options with { K = 20, Layer = Selection.Parse("0"), Head = Selection.Parse("1") })
            .Rows<InputOutputPair>("ov-pairs").Count(row => row.Output.Id == Hub);

        Assert.That(Outputs(new()), Is.GreaterThan(10));
        Assert.That(Outputs(new() { Cosine = CosineOf.Both }), Is.LessThan(5));
        Assert.That(Outputs(new() { DropFlagged = true }), Is.Zero);
        Assert.That(Outputs(new() { DropFlagged = true, LargeNorm = 100 }), Is.EqualTo(Outputs(new())));

        static void Times(float[] data, int token, int stride, int width, float factor)
        {
            for (var at = 0; at < VectorModels.D; at++)
            {
                data[stride == 1 ? (token * width) + at : (at * stride) + token] *= factor;
            }
        }
    }

    [Test]
    public void Impossible_IsRefused()
    {
        static void Refused(IAnalysis analysis, Model model, object options, string what)
        {
            Assert.That(() => TestRun.Execute(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.Contains(what));
            Assert.That(() => TestRun.Plan(analysis, model, options), Throws.TypeOf<UsageException>().With.Message.Contains(what));
        }

        Refused(new OvPairs(), VectorModels.Make(), new OvPairOptions { Tokens = PairedTokens.All, Cosine = CosineOf.Both, Normalise = Normalise.Freq }, "--normalise");
        Refused(new OvPairs(), VectorModels.Make(), new OvPairOptions { Tokens = PairedTokens.All, DropFlagged = true, LargeNorm = 0 }, "leave none of the 47 tokens");
        Refused(new QkPairs(), CheckpointModels.Get("llama"), new QkPairOptions { Tokens = PairedTokens.All, Curve = 2, Center = true }, "--curve");
    }

    private static void AssertQuery(string name, QkPairOptions options)
    {
        var model = CheckpointModels.Get(name);

        var rows = TestRun.Execute(new QkPairs(), model, options with { K = K, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1") }).Rows<QueryKeyPair>("qk-pairs");

        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);
        var tokens = Read(model, layer, options);
        var patterns = Array.ConvertAll(tokens, token => NaivePatterns.Pattern(model, layer, head, token, ofKey: false, options.Biases, options.Offset));
        var dense = Dense(NaiveComparison.Centred(patterns, options.Center), NaiveComparison.Centred(tokens, options.Center), options.Cosine);
        if (options is { Biases: true, Center: false })
        {
            // The key's bias meets every query; only centring takes it away.
            var bias = NaivePatterns.Read(model, layer, head, new double[tokens[0].Length], "K", biases: true);
            for (var row = 0; row < dense.Length; row++)
            {
                var added = NaiveWeights.Dot(NaivePatterns.Read(model, layer, head, tokens[row], "Q", biases: true), bias);
                for (var column = 0; column < dense.Length; column++)
                {
                    dense[row][column] += added / NaiveComparison.Divisor(patterns[row], tokens[column], options.Cosine);
                }
            }
        }

        AssertPairs(rows.Select(row => (row.Query.Id, row.Key.Id, row.Score)), dense, name);
    }

    private static double[][] Read(Model model, int layer, PairOptions options)
    {
        var rows = new NaiveWeights(model).Rows("embed.W_E");
        if (options.NormGain)
        {
            var gain = new NaiveWeights(model).Vector($"blocks.{layer}.ln1.w");
            return Array.ConvertAll(rows, row => row.Select((value, at) => value * (gain?[at] ?? 1)).ToArray());
        }

        return options.Normed ? NaiveComparison.Normed(model, NaivePatterns.NormBefore(model, layer), rows, options.Biases) : rows;
    }

    private static double[][] Written(Model model, bool normed)
    {
        var rows = new NaiveWeights(model).Columns("unembed.W_U");
        return normed ? Array.ConvertAll(rows, row => NaivePatterns.Written(model, row)) : rows;
    }

    private static double[][] Messages(Model model, int layer, int head, double[][] tokens) => Array.ConvertAll(tokens, token => NaivePatterns.Message(model, layer, head, token, biases: true));

    private static double[][] Dense(double[][] reached, double[][] tokens, CosineOf cosine) => Array.ConvertAll(reached, x => NaiveComparison.Scores(x, tokens, cosine));

    private static void AssertPairs(IEnumerable<(int Row, int Column, double Score)> found, double[][] dense, string name) =>
        NaiveLists.AssertTopPairs(found, dense, K, id => CheckpointModels.HasText(name, id));
}
