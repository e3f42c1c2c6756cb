using System.Text.Json;
using PluginLens.Numerics.Maps;

namespace PluginLens.Numerics.Tests.Maps;

/// <summary>Maps are as good as those of scikit-learn and umap-learn: no figure worse than the worst of their runs by more than tests/Golden/maps/README.md allows.</summary>
[TestFixture]
internal sealed class MapQualityTests
{
    private const double Perplexity = 30;
    private static readonly string[] Sets = ["tokens", "blobs", "duplicates"];
    private readonly CpuCompute compute = new(2);

    [TestCaseSource(nameof(Sets))]
    public void PrincipalComponents_AreTheReferences(string set)
    {
        var x = ReferenceMaps.Matrix(set);
        var expected = ReferenceMaps.Matrix(set + ".pca");

        Assert.That(compute.PrincipalComponents(x, 2).Data, Is.EqualTo(expected.Data.ToArray().Select(value => (double)value)).Within(1e-4));
        if (set != "tokens")
        {
            // All of them are found in another way.
            var all = compute.PrincipalComponents(x, x.Columns);
            Assert.That(Enumerable.Range(0, x.Rows).SelectMany(row => new[] { all[row, 0], all[row, 1] }), Is.EqualTo(expected.Data.ToArray().Select(value => (double)value)).Within(1e-4));
        }
    }

    [TestCase("tokens", false)]
    [TestCase("blobs", false)]
    [TestCase("blobs", true)]
    [TestCase("duplicates", false)]
    [TestCase("duplicates", true)]
    public void TSne_IsAsGoodAsTheReference(string set, bool exact)
    {
        var x = ReferenceMaps.Matrix(set);
        var (map, divergence) = TSne.Of(Numbers.Wide(x), 2, Perplexity, 200, 1000, 2, exactPoints: exact ? int.MaxValue : 0);

        var quality = new MapQuality(ReferenceMaps.Rows(x), map);
        var method = ReferenceMaps.Quality.GetProperty(set).GetProperty(exact || set == "duplicates" ? "tsne_exact" : "tsne_barnes_hut");
        var spread = method.GetProperty("spread_all");
        using (Assert.EnterMultipleScope())
        {
            Judge(quality, spread, set);
            var found = quality.Divergence(Perplexity);
            Assert.That(found, Is.LessThanOrEqualTo(1.03 * spread.GetProperty("kl_exact").GetProperty("max").GetDouble()), "kl_exact");
            if (exact)
            {
                Assert.That(divergence, Is.EqualTo(found).Within(1e-5), "what the map says of itself");
            }
        }
    }

    [TestCaseSource(nameof(Sets))]
    public void Umap_IsAsGoodAsTheReference(string set)
    {
        var x = ReferenceMaps.Matrix(set);

        var map = compute.Umap(x, 2, 15, 0.1, 500, 42);

        using (Assert.EnterMultipleScope())
        {
            Judge(new MapQuality(ReferenceMaps.Rows(x), map), ReferenceMaps.Quality.GetProperty(set).GetProperty("umap").GetProperty("spread_seeds_42_1_to_5"), set);
        }
    }

    [Test]
    public void Copies_LieOnOneSpot([Values] bool umap)
    {
        var x = ReferenceMaps.Matrix("duplicates");
        var groups = ReferenceMaps.Ints("duplicates.group");

        var map = umap ? compute.Umap(x, 2, 15, 0.1, 20, 1) : compute.TSne(x, 2, Perplexity, 200, 20).Map;

        Assert.That(groups.Distinct().Count(), Is.EqualTo(300));
        Assert.That(Enumerable.Range(0, 400).Select(row => map.Row(row).ToArray()), Is.EqualTo(groups.Select(first => map.Row(first).ToArray())));
        Assert.That(groups.Distinct().Select(first => (map[first, 0], map[first, 1])).Distinct().Count(), Is.EqualTo(300));
    }

    [TestCaseSource(nameof(Sets))]
    public void NearestRows_AreTheReferences(string set)
    {
        var x = ReferenceMaps.Matrix(set);
        var found = NearestRows.Of(Numbers.Wide(x), 30, 2, default);

        var expected = ReferenceMaps.Quality.GetProperty("affinity").GetProperty(set).GetProperty("knn_30_of_first_50_rows").EnumerateArray().Select(Ints).ToArray();
        Assert.That(expected, Has.Length.EqualTo(50));
        Assert.That(found.Take(50).Select(links => links.Select(link => link.Row)), Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Sets))]
    public void PrecisionsOfTSne_AreTheReferences(string set)
    {
        var x = Numbers.Wide(ReferenceMaps.Matrix(set));
        var reference = ReferenceMaps.Quality.GetProperty("affinity").GetProperty(set).GetProperty("tsne");
        var (all, nearest, reached) = (Doubles(reference.GetProperty("beta_all_other_rows")), Doubles(reference.GetProperty("beta_91_nearest")), Doubles(reference.GetProperty("perplexity_reached")));
        foreach (var (count, expected) in new[] { (x.Rows - 1, all), (91, nearest) })
        {
            var links = NearestRows.Of(x, count, 2, default);
            for (var row = 0; row < expected.Length; row++)
            {
                var p = new double[count];
                var precision = Affinities.Precision([.. links[row].Select(link => link.Value * link.Value)], [.. Enumerable.Repeat(1.0, count)], Perplexity, p);

                // More copies than the perplexity: no precision reaches it, the reference stops where it stops.
                Assert.That(precision, expected[row] > 1e50 ? Is.GreaterThan(1e50) : Is.EqualTo(expected[row]).Within(1e-6 * expected[row]), $"row {row}, {count} neighbours");
                Assert.That(Math.Exp(-p.Sum(value => value > 0 ? value * Math.Log(value) : 0)), Is.EqualTo(reached[row]).Within(1e-6), $"row {row}, {count} neighbours");
            }
        }
    }

    [TestCaseSource(nameof(Sets))]
    public void WidthsOfUmap_AreTheReferences(string set)
    {
        var links = NearestRows.Of(Numbers.Wide(ReferenceMaps.Matrix(set)), 14, 2, default);
        var reference = ReferenceMaps.Quality.GetProperty("affinity").GetProperty(set).GetProperty("umap");
        var (rhos, sigmas) = (Doubles(reference.GetProperty("rho")), Doubles(reference.GetProperty("sigma")));
        var mean = links.Average(UmapGraph.Mean);
        for (var row = 0; row < rhos.Length; row++)
        {
            var (rho, sigma) = UmapGraph.Width(links[row], mean);
            Assert.That(rho, Is.EqualTo(rhos[row]).Within(1e-5 * rhos[row]), $"row {row}");

            // Both stop within 1e-5 of the sum; the reference's distances are float32.
            Assert.That(sigma, Is.EqualTo(sigmas[row]).Within(1e-3 * sigmas[row]), $"row {row}");
        }

        var (a, b) = UmapCurve.Fit(0.1);
        Assert.That((a, b), Is.EqualTo((reference.GetProperty("a").GetDouble(), reference.GetProperty("b").GetDouble())).Using<(double A, double B)>((one, other) => Math.Abs(one.A - other.A) < 1e-6 && Math.Abs(one.B - other.B) < 1e-6));
    }

    private static void Judge(MapQuality quality, JsonElement spread, string set)
    {
        foreach (var k in new[] { 5, 10, 30 })
        {
            AtLeast(quality.Trustworthiness(k), $"trustworthiness_minrank_{k}", 0.02);
            AtLeast(quality.Continuity(k), $"continuity_minrank_{k}", 0.02);
        }

        if (set == "blobs")
        {
            AtLeast(quality.Accuracy(ReferenceMaps.Ints("blobs.labels")), "accuracy_1nn", 0.03);
        }

        void AtLeast(double found, string figure, double less)
        {
            var worst = spread.GetProperty(figure).GetProperty("min").GetDouble();
            TestContext.Out.WriteLine($"{set} {figure}: {found:0.0000}, worst of the reference {worst:0.0000}");
            Assert.That(found, Is.GreaterThanOrEqualTo(worst - less), figure);
        }
    }

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];

    private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetDouble())];
}
