using PluginLens.Numerics.Tests.Maps;
using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>embedding-map</c> lists the naive top tokens, and lays them out as principal components and t-SNE do.</summary>
public sealed class EmbeddingMapTests : AnalysisTests<EmbeddingMap>
{
    private const int D = VectorModels.D;
    private static readonly EmbeddingMapOptions Few = new() { K = 9, Steps = 300 };

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new EmbeddingMapOptions { K = 9, Method = MapMethod.Pca }),
        new(Fake, new EmbeddingMapOptions { K = 9, Steps = 20 }),
        new(Fake, new EmbeddingMapOptions { K = 20, Steps = 20 }),
        new(Fake, new EmbeddingMapOptions { K = 20, Method = MapMethod.Umap, Epochs = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["mixtral"];

    [Test]
    public void IdsAndScores_EqualTheNaiveList([Values] bool tied, [Values] bool gated, [Values] ParameterGroup group, [Values(1, -1)] int coefficient)
    {
        var model = VectorModels.Make(tied, gated);
        var rows = Rows(model, Few with { Group = group, Layer = 0, Index = 4, Coefficient = coefficient });

        // Four query heads share two key-value heads of three dimensions: stored vector 4 is dimension 1 of key-value head 1, which query head 2 reads.
        var name = group is ParameterGroup.K ? "K" : group is ParameterGroup.KIn ? "K_in" : group is ParameterGroup.V ? "V" : $"W_{group.ToString()[1]}";
        var at = group is ParameterGroup.WK or ParameterGroup.WV ? (2 * 3) + 1 : 4;
        var scores = VectorModels.Scores(model, VectorModels.Vectors(model, name, 0)[at], name).Select(score => coefficient * score).ToArray();
        Assert.That(rows.Select(row => row.Token.Id), Is.EqualTo(VectorModels.Top(scores, 9)));
        Assert.That(rows.Select(row => row.Score), Is.EqualTo(VectorModels.Top(scores, 9).Select(id => scores[id])).Within(1e-6));
        Assert.That(rows.Select(row => row.Rank), Is.EqualTo(Enumerable.Range(1, 9)));
    }

    [Test]
    public void TwoClusters_StayTogetherAndApart([Values] MapMethod method, [Values] bool normalised)
    {
        // Tokens 0 to 9 and 10 to 19 sit close around two points that the vector sees equally well.
        var noise = new Random(3);
        var model = VectorModels.Make(tied: false).WithWeight("unembed.W_U", data =>
        {
            for (var token = 0; token < 20; token++)
            {
                for (var axis = 0; axis < D; axis++)
                {
                    data[(axis * VectorModels.V) + token] = (axis == 0 ? 9 : axis == 1 ? (token < 10 ? 6 : -6) : 0) + (0.1f * (float)noise.NextDouble());
                }
            }
        }).WithWeight("blocks.1.mlp.W_out", data => data.AsSpan(5 * D, D).Clear()).WithWeight("blocks.1.mlp.W_out", data => data[5 * D] = 1);

        var rows = Rows(model, new EmbeddingMapOptions { Index = 5, K = 20, Method = method, Normalised = normalised });

        Assert.That(rows.Select(row => row.Token.Id), Is.EquivalentTo(Enumerable.Range(0, 20)));
        foreach (var one in rows)
        {
            var far = rows.Where(other => other.Token.Id < 10 != one.Token.Id < 10).Min(other => Distance(one, other));
            var near = rows.Where(other => other.Token.Id < 10 == one.Token.Id < 10).Max(other => Distance(one, other));
            Assert.That(far, Is.GreaterThan(1.5 * near), $"token {one.Token.Id}");
        }
    }

    [Test]
    public void PrincipalComponents_EqualThoseOfTheCovarianceMatrix([Values] bool normalised)
    {
        var model = VectorModels.Make();
        var rows = Rows(model, new EmbeddingMapOptions { K = 30, Method = MapMethod.Pca, Normalised = normalised, Index = 2 });

        var e = Naive.Dense(model.WU.Transpose());
        double[][] points = [.. rows.Select(row => Enumerable.Range(0, D).Select(axis => e[row.Token.Id, axis]).ToArray())];
        points = normalised ? [.. points.Select(point => point.Select(value => value / Math.Sqrt(point.Sum(other => other * other))).ToArray())] : points;
        var centred = points.Select(point => point.Select((value, axis) => value - points.Average(other => other[axis])).ToArray()).ToArray();
        var axes = Eigenvectors(centred);
        Func<MapPoint, double>[] coordinates = [row => row.X, row => row.Y, row => row.Z!.Value];
        for (var axis = 0; axis < 3; axis++)
        {
            // The largest entry of an axis is positive.
            var sign = Math.Sign(axes[axis].MaxBy(Math.Abs));
            var expected = centred.Select(point => sign * point.Zip(axes[axis], (x, v) => x * v).Sum());
            Assert.That(rows.Select(coordinates[axis]), Is.EqualTo(expected).Within(1e-6), $"axis {axis}");
        }
    }

    [Test]
    public void TSne_IsTheNaiveMapOfTheseRows_AndTheNoteSaysHowGood()
    {
        // Small steps: larger ones on nine points are chaotic.
        var model = VectorModels.Make();
        var results = TestRun.Execute(new EmbeddingMap(), model, Few with { Index = 3, LearningRate = 0.1 });
        var rows = results.Rows<MapPoint>("embedding-map");

        var e = Naive.Dense(model.WU.Transpose());
        double[][] points = [.. rows.Select(row => Enumerable.Range(0, D).Select(axis => e[row.Token.Id, axis]).ToArray())];
        var map = NaiveTSne.Map(points, 3, 3, 0.1, 300);
        var divergence = NaiveTSne.Divergence(NaiveTSne.Affinities(points, 3), map);
        Assert.That(rows.SelectMany(row => new[] { row.X, row.Y, row.Z!.Value }), Is.EqualTo(map.SelectMany(point => point)).Within(1e-6));
        Assert.That(results.Notes, Has.Some.EndsWith(System.FormattableString.Invariant($"KL divergence {divergence:0.0000}")));
        Assert.That(((Scatter)results.Figures["embedding-map"]).Points.Select(point => (point.X, point.Y, point.Label, point.Value)), Is.EqualTo(rows.Select(row => (row.X, row.Y, row.Token.Text, (double?)row.Score))));
    }

    [Test]
    public void Umap_IsTheMapOfTheseRows_FollowsTheSeed_AndSaysSo()
    {
        var model = VectorModels.Make();
        var options = new EmbeddingMapOptions { K = 40, Index = 3, Method = MapMethod.Umap, Neighbours = 6, MinDist = 0.3, Epochs = 25 };
        var results = TestRun.Execute(new EmbeddingMap(), model, options);
        var rows = results.Rows<MapPoint>("embedding-map");

        var e = Naive.Dense(model.WU.Transpose());
        var points = new Matrix(rows.SelectMany(row => Enumerable.Range(0, D).Select(axis => (float)e[row.Token.Id, axis])).ToArray(), 40, D);
        var seed = int.Parse(results.Notes.Single(note => note.Contains("; seed ", StringComparison.Ordinal)).Split("; seed ")[1], System.Globalization.CultureInfo.InvariantCulture);
        var map = new Numerics.CpuCompute(1).Umap(points, 3, 6, 0.3, 25, seed);
        Assert.That(rows.SelectMany(row => new[] { row.X, row.Y, row.Z!.Value }), Is.EqualTo(map.Data));
        Assert.That(results.Notes, Has.Some.EqualTo("UMAP from eigenvectors of the graph of neighbours, 6 neighbours, the token itself among them, min_dist 0.3, 25 epochs"));
        Assert.That(((Scatter)results.Figures["embedding-map"]).XTitle, Is.EqualTo("UMAP axis 1"));
    }

    [Test]
    public void ManyTokens_AreLaidOutByATree_AndTheNoteSaysSo()
    {
        var model = FakeModel.Gpt2Like(VectorModels.Make().Config with { DVocab = 620 });

        var results = TestRun.Execute(new EmbeddingMap(), model, new EmbeddingMapOptions { K = 600, Steps = 5, Perplexity = 20 });

        Assert.That(results.Rows<MapPoint>("embedding-map"), Has.Count.EqualTo(600));
        Assert.That(results.Notes, Has.Some.StartsWith("t-SNE (Barnes-Hut where more than 500 tokens differ) from 3 principal components, perplexity 20,"));
    }

    [Test]
    public void NoIndex_TakesTheLongestVector_AndSaysSo()
    {
        var model = VectorModels.Make().WithWeight("blocks.1.mlp.W_out", data => data[7 * D] = 50);

        var results = TestRun.Execute(new EmbeddingMap(), model, Few);

        Assert.That(results.Notes, Has.Some.StartsWith("9 tokens of V 7 of layer 1 (the longest of 10) on W_U"));
    }

    [Test]
    public void HeadVectors_AreNamedByHeadAndDimension() => Assert.That(
        TestRun.Execute(new EmbeddingMap(), VectorModels.Make(), Few with { Group = ParameterGroup.WV, Index = -1, Coefficient = -1 }).Notes,
        Has.Some.StartsWith("9 tokens of -W_V 5 (key-value head 1, dimension 2) of layer 1 on W_E"));

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void FewTokens_AreLaidOut_WithThePerplexityTheyAllow(int k)
    {
        foreach (var method in Enum.GetValues<MapMethod>())
        {
            var results = TestRun.Execute(new EmbeddingMap(), VectorModels.Make(), Few with { K = k, Method = method });
            var rows = results.Rows<MapPoint>("embedding-map");

            Assert.That(rows, Has.Count.EqualTo(k));
            Assert.That(rows.SelectMany(row => new[] { row.X, row.Y, row.Z!.Value }), Is.All.InRange(-1e3, 1e3));
            Assert.That(results.Notes.Any(note => note.Contains($"(not 3: {k} tokens", StringComparison.Ordinal)), Is.EqualTo(method == MapMethod.Tsne && (k is 2 or 3)));
            Assert.That(results.Notes.Any(note => note.Contains($" {k} neighbours (not 15: there are no more tokens)", StringComparison.Ordinal)), Is.EqualTo(method == MapMethod.Umap && k > 1));
        }
    }

    [Test]
    public void MoreTokensThanTheVocabulary_TakesAll([Values] MapMethod method) =>
        Assert.That(Rows(VectorModels.Make(), new EmbeddingMapOptions { K = 1000, Method = method, Steps = 10 }), Has.Count.EqualTo(VectorModels.V));

    [Test]
    public void EqualEmbeddings_LieOnOneSpot([Values] MapMethod method, [Values] bool zero)
    {
        // Every token the same, or all at the origin: nothing to tell them apart, nothing to divide by.
        var model = VectorModels.Make().WithWeight("unembed.W_U", data => Array.Fill(data, zero ? 0 : 0.5f));

        var rows = Rows(model, Few with { Method = method, Normalised = true, K = 20 });

        Assert.That(rows.SelectMany(row => new[] { row.X, row.Y, row.Z!.Value }), Is.All.EqualTo(0).Within(1e-6));
    }

    [Test]
    public void TwoComponents_LeaveTheThirdEmpty() => Assert.That(Rows(VectorModels.Make(), Few with { Components = 2 }).Select(row => row.Z), Is.All.Null);

    [Test]
    public void Filters_ActBeforeTheList() => Assert.That(
        Rows(VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => id < 40 ? $" é{id}" : $" w{id}"))), Few with { OnlyAscii = true }).Select(row => row.Token.Id), Is.EquivalentTo(Enumerable.Range(40, 7)));

    [Test]
    public void AttentionOnlyModel_ShowsARowOfWO()
    {
        var model = FakeModel.Gpt2Like(VectorModels.Make().Config with { DMlp = 0, AttnOnly = true });

        Assert.That(TestRun.Execute(new EmbeddingMap(), model, Few).Notes, Has.Some.Contains("tokens of W_O "));
        Refused(model, Few with { Group = ParameterGroup.K }, "has no MLPs; use wq, wk, wv or wo");
    }

    [Test]
    public void WhatIsNotThere_IsRefusedInOneLine()
    {
        Refused(VectorModels.Make(), Few with { Index = 10 }, "--index 10: expected 0 to 9");
        Refused(VectorModels.Make(), Few with { Index = -11 }, "--index -11: expected 0 to 9");
        Refused(VectorModels.Make(), Few with { Layer = 2 }, "--layer 2: expected 0 to 1");
        Refused(VectorModels.Make(), Few with { K = 0 }, "--k 0: expected 1 to 5000");
        Refused(VectorModels.Make(), Few with { Components = 4 }, "--components 4");
        Refused(VectorModels.Make(), Few with { Coefficient = 0 }, "--coefficient 0");
        Refused(VectorModels.Make(), Few with { Perplexity = double.NaN }, "--perplexity NaN");
        Refused(VectorModels.Make(), Few with { Neighbours = 1 }, "--neighbours 1, --min-dist 0.1, --epochs 500: expected at least 2, 0 to 1, and at least 0");
        Refused(VectorModels.Make(), Few with { MinDist = double.NaN }, "--min-dist NaN");
        Refused(VectorModels.Make(), Few with { MinDist = 1.5 }, "--min-dist 1.5");
        Refused(VectorModels.Make(), Few with { Epochs = -1 }, "--epochs -1");
        Refused(VectorModels.Make(), Few with { LearningRate = 1e300 }, "--learning-rate 1E+300: the map runs off to infinity; use a smaller one");
        Refused(VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => $" é{id}"))), Few with { OnlyAscii = true }, "leave none of the 47 tokens");
        Refused(VectorModels.Make().WithoutWeight("unembed.W_U"), Few with { Embedding = EmbeddingChoice.Output }, "has no unembedding");
    }

    private static void Refused(FakeModel model, EmbeddingMapOptions options, string message) =>
        Assert.That(() => Rows(model, options), Throws.TypeOf<UsageException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));

    private static IReadOnlyList<MapPoint> Rows(FakeModel model, EmbeddingMapOptions options) => TestRun.Execute(new EmbeddingMap(), model, options).Rows<MapPoint>("embedding-map");

    private static double Distance(MapPoint a, MapPoint b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2) + Math.Pow(a.Z!.Value - b.Z!.Value, 2));

    /// <summary>The three leading eigenvectors of the covariance matrix, by power iteration with deflation.</summary>
    private static double[][] Eigenvectors(double[][] centred)
    {
        var found = new List<double[]>();
        for (var which = 0; which < 3; which++)
        {
            var vector = Enumerable.Range(0, D).Select(axis => 1.0 / (axis + 1)).ToArray();
            for (var step = 0; step < 2000; step++)
            {
                foreach (var known in found)
                {
                    var along = vector.Zip(known, (x, v) => x * v).Sum();
                    vector = [.. vector.Zip(known, (x, v) => x - (along * v))];
                }

                var next = Enumerable.Range(0, D).Select(axis => centred.Sum(point => point[axis] * point.Zip(vector, (x, v) => x * v).Sum())).ToArray();
                var length = Math.Sqrt(next.Sum(value => value * value));
                vector = [.. next.Select(value => value / length)];
            }

            found.Add(vector);
        }

        return [.. found];
    }
}
