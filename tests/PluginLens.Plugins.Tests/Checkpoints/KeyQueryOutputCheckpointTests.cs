using System.Globalization;
using System.Text;
using PluginLens.Plugins.HeadTables;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>key-query-output</c> on every checkpoint equals its formula on V x V tables: weights processed one step after the other, both tables formed, in float64.</summary>
public sealed class KeyQueryOutputCheckpointTests
{
    private const int Keys = 6;
    private const int Queries = 7;
    private const int Outputs = 9;
    private const int Bos = 3;

    /// <summary>What float32 factors may lose of the largest score.</summary>
    private const double Rounding = 4e-6;

    private static IEnumerable<string> Models => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void Tables_EqualTheDenseFormula([ValueSource(nameof(Models))] string name, [Values] HeadWeights weights) => AssertDense(name, new KeyQueryOutputOptions { Weights = weights });

    [Test]
    public void Tables_OfNormedEmbeddings_EqualTheDenseFormula([ValueSource(nameof(Models))] string name, [Values] HeadWeights weights)
    {
        if (name == "openai-gpt")
        {
            // Its first layer reads embeddings as they are; the last one is what is compared here.
            Assert.That(
                () => TestRun.Execute(new KeyQueryOutput(), CheckpointModels.Get(name), new KeyQueryOutputOptions { BosId = Bos, NormEmbedding = true }),
                Throws.TypeOf<UsageException>().With.Message.Contains("no norm stands before the heads of layer 0"));
        }

        AssertDense(name, new KeyQueryOutputOptions { Weights = weights, NormEmbedding = true });
    }

    [Test]
    public void Tables_WithProbabilities_EqualTheDenseFormula([ValueSource(nameof(Models))] string name)
    {
        using var text = new HeadTablesFile("the king and the queen of the land\n\nthe end of it all\n");
        AssertDense(name, new KeyQueryOutputOptions { Words = text.Path });
    }

    private static void AssertDense(string name, KeyQueryOutputOptions options)
    {
        var model = CheckpointModels.Get(name);
        var (layer, head) = (model.Config.NLayers - 1, model.Config.NHeads - 1);
        var results = TestRun.Execute(new KeyQueryOutput(), model, options with
        {
            BosId = Bos, Keys = Keys, Queries = Queries, Outputs = Outputs, Layer = Selection.Parse("-1"), Head = Selection.Parse("-1"), Layout = Layout.Document,
        });

        var (qk, ov) = Tables(model, layer, head, options);
        var prior = Array.ConvertAll(Probabilities(model, options.Words), p => Math.Pow(p, 0.1));
        var attended = NaiveWeights.Transposed(qk);
        double[] importance = [.. Enumerable.Range(0, qk.Length).Select(key => attended[key].Max() * ov[key].Max() * prior[key])];
        var keys = results.Rows<ImportantKey>("keys");
        NaiveLists.AssertTop(keys.Select(key => key.Key.Id), importance, Keys, "keys", null, keys.Select(key => key.Importance), Rounding);
        foreach (var key in keys)
        {
            var rows = results.Rows<KeyRow>("key-query-output").Where(row => row.KeyRank == key.Rank).ToList();
            var (queries, outputs) = (attended[key.Key.Id], ov[key.Key.Id]);
            NaiveLists.AssertTop(rows.Take(Queries).Select(row => row.Query!.Value.Id), [.. queries.Select((score, id) => score * prior[id])], Queries, "queries", null, null, Rounding);
            Assert.That(rows.Take(Queries).Select(row => row.QueryScore!.Value), Is.EqualTo(rows.Take(Queries).Select(row => queries[row.Query!.Value.Id])).Within(Rounding * queries.Max(Math.Abs)));
            NaiveLists.AssertTop(rows.Select(row => row.Output!.Value.Id), outputs, Outputs, "outputs", null, rows.Select(row => row.OutputScore!.Value), Rounding);
        }

        Assert.That(Encoding.UTF8.GetString(results.Files["key-query-output-document.txt"]), Is.EqualTo(Printed(model, layer, head, importance, attended, ov, prior)));
    }

    /// <summary>QK' and OV', each V x V.</summary>
    private static (double[][] Qk, double[][] Ov) Tables(Model model, int layer, int head, KeyQueryOutputOptions options)
    {
        var weights = new NaiveWeights(model);
        var (config, attention) = (model.Config, $"blocks.{layer}.attn.");
        double[][] Head(string matrix) => weights.Head(attention + matrix, weights.Stored(attention + matrix, head));
        var (e, q, k, v, o, u) = (weights.Rows("embed.W_E"), Head("W_Q"), Head("W_K"), Head("W_V"), Head("W_O"), NaiveWeights.Transposed(weights.Vocabulary(writes: model.HasWeight("unembed.W_U"))));
        var (centres, folds) = (config.Norm.StartsWith("LN", StringComparison.Ordinal), options.Weights == HeadWeights.Processed && config.NormPlacement is "pre" or "pre_and_post");
        folds &= options.Weights == HeadWeights.Processed;
        var (read, wide) = (e, e[0].Length);
        if (options.NormEmbedding)
        {
            var norm = config.NormPlacement != "post" ? $"blocks.{layer}.ln1" : layer > 0 ? $"blocks.{layer - 1}.ln2" : "embed.ln";
            var (gain, shift) = (weights.Vector($"{norm}.w"), weights.Vector($"{norm}.b"));
            read = Array.ConvertAll(e, row =>
            {
                var mean = centres ? row.Average() : 0;
                var scale = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + config.Eps);
                return row.Select((value, at) => ((value - mean) / scale * (gain?[at] ?? 1)) + (shift?[at] ?? 0)).ToArray();
            });
        }
        else if (folds)
        {
            // Gain into what reads, then what the norm would subtract out of it and of what writes.
            double[][] Fold(double[][] w) => Centred(centres, Gained(weights.Vector($"blocks.{layer}.ln1.w"), w));
            (q, k, v) = (Fold(q), Fold(k), Fold(v));
            read = NaiveWeights.Transposed(Centred(centres, NaiveWeights.Transposed(e)));
        }

        if (folds)
        {
            o = NaiveWeights.Transposed(Centred(centres, NaiveWeights.Transposed(o)));
            u = Centred(centres, Gained(weights.Vector("ln_final.w"), u));
            u = NaiveWeights.Transposed(Centred(true, NaiveWeights.Transposed(u)));
        }

        double[][] Through(double[][] w) => NaiveWeights.Multiply(read, w);
        double[][] Turned(double[][] rows) => config.RotaryDim > 0 ? NaiveHeads.Rotated(rows, config, 0) : rows;
        Assert.That(wide, Is.EqualTo(config.DModel));
        var qk = Array.ConvertAll(NaiveWeights.Products(Turned(Through(q)), Turned(Through(k))), row => Array.ConvertAll(row, value => value - row[Bos]));
        var ov = Array.ConvertAll(NaiveWeights.Multiply(NaiveWeights.Multiply(Through(v), o), u), row =>
        {
            var mean = row.Average();
            return Array.ConvertAll(row, value => value - mean);
        });
        return (qk, ov);
    }

    /// <summary>diag(w) W.</summary>
    private static double[][] Gained(double[]? gain, double[][] w) => gain is null ? w : [.. w.Select((row, at) => Array.ConvertAll(row, value => gain[at] * value))];

    /// <summary>(I - 11ᵀ/d) W: each column minus its mean.</summary>
    private static double[][] Centred(bool centres, double[][] w)
    {
        var means = NaiveWeights.Transposed(w).Select(column => column.Average()).ToArray();
        return !centres ? w : Array.ConvertAll(w, row => row.Select((value, at) => value - means[at]).ToArray());
    }

    private static double[] Probabilities(Model model, string? path)
    {
        var p = new double[model.Config.DVocab];
        if (path is not null)
        {
            int[] ids = [.. File.ReadAllText(path).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).SelectMany(line => model.Tokenizer!.Encode(line))];
            foreach (var id in ids)
            {
                p[id] += 1.0 / ids.Length;
            }
        }

        p = Array.ConvertAll(p, value => value + 1e-10);
        var sum = p.Sum();
        return Array.ConvertAll(p, value => value / sum);
    }

    /// <summary>The source's print, from the naive lists.</summary>
    private static string Printed(Model model, int layer, int head, double[] importance, double[][] attended, double[][] ov, double[] prior)
    {
        var lines = new List<string>();
        string Token(int id) => $"'{DocumentText.Repr(model.Token(id).Text)}'";
        void Heading(char rule, string text) => lines.AddRange(["", new string(rule, 80), text, new string(rule, 80)]);
        void Items(string title, IEnumerable<(int Id, double Score)> items)
        {
            lines.AddRange(["", title]);
            var current = string.Empty;
            foreach (var (id, score) in items)
            {
                var item = $"{Token(id)} ({score.ToString("F2", CultureInfo.InvariantCulture)})";
                if (Length(current) + Length(item) + 2 > 78)
                {
                    lines.Add(current);
                    current = item;
                }
                else
                {
                    current = current.Length > 0 ? current + " " + item : item;
                }
            }

            if (current.Length > 0)
            {
                lines.Add(current);
            }
        }

        static int Length(string text) => text.EnumerateRunes().Count();
        if (model.Config.NLayers > 1)
        {
            Heading('#', $"# LAYER {layer}");
        }

        Heading('=', $"Head {layer}:{head} ({model.Config.Name})");
        foreach (var key in NaiveLists.Top(importance, Keys))
        {
            Heading('─', $"Key: {Token(key)}");
            Items("Queries that prefer key:", NaiveLists.Top([.. attended[key].Select((score, id) => score * prior[id])], Queries).Select(id => (id, attended[key][id])));
            Items("Effect on logits:", NaiveLists.Top(ov[key], Outputs).Select(id => (id, ov[key][id])));
        }

        return string.Join('\n', lines) + "\n";
    }
}
