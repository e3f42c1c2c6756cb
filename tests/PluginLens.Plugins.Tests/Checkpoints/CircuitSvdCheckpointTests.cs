using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>circuit-svd</c> on every checkpoint lists what the directions of the formed matrices say, found by powers of <c>MᵀM</c>.</summary>
public sealed class CircuitSvdCheckpointTests
{
    private const int K = 4;
    private const int Directions = 2;

    private static IEnumerable<string> Names => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void Heads_EqualTheFormula([ValueSource(nameof(Names))] string name, [Values(CircuitMatrix.Ov, CircuitMatrix.Qk)] CircuitMatrix matrix, [Values] NormFolding fold) =>
        AssertLists(name, new CircuitSvdOptions { Matrix = [matrix], Fold = fold, Head = Selection.Parse("1,-1") });

    [Test]
    public void Mlps_EqualTheFormula([ValueSource(nameof(Names))] string name, [Values(CircuitMatrix.In, CircuitMatrix.Gate, CircuitMatrix.Out)] CircuitMatrix matrix, [Values(NormFolding.None, NormFolding.Full)] NormFolding fold) =>
        AssertLists(name, new CircuitSvdOptions { Matrix = [matrix], Fold = fold });

    [Test]
    public void Dot_EqualsTheFormula([Values("gpt2", "llama")] string name, [Values] NormFolding fold) =>
        AssertLists(name, new CircuitSvdOptions { Score = Similarity.Dot, Fold = fold, Head = Selection.Parse("0") });

    private static void AssertLists(string name, CircuitSvdOptions options)
    {
        var (model, matrix) = (CheckpointModels.Get(name), options.Matrix[0]);
        options = options with { K = K, Directions = Directions, Layer = Selection.Parse("1") };
        var lacks = (options.Fold != NormFolding.None && !NaiveCircuits.Folds(model)) || (matrix is not (CircuitMatrix.Ov or CircuitMatrix.Qk) && (model.Config.AttnOnly || (matrix == CircuitMatrix.Gate && !model.Config.GatedMlp)));
        if (lacks)
        {
            Assert.That(() => TestRun.Execute(new CircuitSvd(), model, options), Throws.TypeOf<UsageException>().With.Message.Match("^--(fold|matrix) [a-z]+: model '"));
            Assert.That(() => TestRun.Plan(new CircuitSvd(), model, options), Throws.TypeOf<UsageException>());
            return;
        }

        var results = TestRun.Execute(new CircuitSvd(), model, options);

        var naive = new NaiveCircuits(model, options.Fold);
        var (directions, words) = (results.Rows<CircuitDirection>("circuit-svd"), results.Rows<DirectionWord>("words"));
        foreach (var circuit in directions.GroupBy(row => row.Head))
        {
            var m = matrix switch
            {
                CircuitMatrix.Ov => naive.Head(1, circuit.Key!.Value, "W_OV"),
                CircuitMatrix.Qk => naive.Head(1, circuit.Key!.Value, "W_QK"),
                _ => naive.Neurons(1, matrix == CircuitMatrix.In ? "W_in" : matrix == CircuitMatrix.Gate ? "W_gate" : "W_out"),
            };
            var (expected, energy) = (NaiveCircuits.Directions(m, Directions), Math.Pow(NaiveCircuits.Norm(m), 2));
            Assert.That(circuit.Select(row => row.SingularValue), Is.EqualTo(expected.Select(one => one.S)).Within(1e-6 * expected[0].S));
            Assert.That(circuit.Select(row => row.EnergyShare), Is.EqualTo(expected.Select(one => one.S * one.S / energy)).Within(1e-6));
            Assert.That(circuit.Last().Cumulative, Is.EqualTo(expected.Sum(one => one.S * one.S / energy)).Within(1e-6));
            foreach (var end in words.Where(word => word.Head == circuit.Key).GroupBy(word => (word.Direction, word.End)))
            {
                var (u, _, v) = expected[end.Key.Direction - 1];
                var sign = end.Key.End == DirectionEnd.Plus ? 1 : -1;
                if (matrix is CircuitMatrix.Ov or CircuitMatrix.Qk)
                {
                    AssertSide(name, options, naive, u, sign, false, end.Select(word => (word.From, word.FromScore)));
                }

                AssertSide(name, options, naive, v, sign, matrix is CircuitMatrix.Ov or CircuitMatrix.Out, end.Select(word => matrix is CircuitMatrix.In or CircuitMatrix.Gate ? (word.From, word.FromScore) : (word.To, word.ToScore)));
            }

            if (circuit.Key is null)
            {
                AssertNeurons(results.Rows<DirectionNeuron>("neurons"), expected);
            }
        }

        Assert.That(words, Has.Count.EqualTo(directions.Count * 2 * K));
    }

    private static void AssertSide(string name, CircuitSvdOptions options, NaiveCircuits naive, double[] x, int sign, bool writes, IEnumerable<(Token? Token, double? Score)> found)
    {
        var list = found.ToList();
        NaiveLists.AssertTop(
            list.Select(word => word.Token!.Value.Id), NaivePatterns.Scores(Array.ConvertAll(x, value => sign * value), naive.Vocabulary(writes), options.Score == Similarity.Cosine), K,
            $"{name} {options.Matrix[0]}", id => CheckpointModels.HasText(name.Split(' ')[0], id), list.Select(word => word.Score!.Value), rounding: 1e-4);
    }

    private static void AssertNeurons(IReadOnlyList<DirectionNeuron> found, List<(double[] U, double S, double[] V)> expected)
    {
        Assert.That(found, Has.Count.EqualTo(expected.Count * 2 * K));
        foreach (var end in found.GroupBy(row => (row.Direction, row.End)))
        {
            var components = Array.ConvertAll(expected[end.Key.Direction - 1].U, value => end.Key.End == DirectionEnd.Plus ? value : -value);
            NaiveLists.AssertTop(end.Select(row => row.Neuron), components, K, $"{end.Key}", foundScores: end.Select(row => row.Component), rounding: 1e-4);
        }
    }
}
