using System.Text.Json.Nodes;
using PluginLens.Models;
using PluginLens.Plugins.Attribution;
using PluginLens.Plugins.Interventions;
using PluginLens.Plugins.States;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>On the embedded decoder the analyses of causes give what an independent implementation found in float64; on the embedded attention-only model what looks like induction is what matters.</summary>
public sealed class DecoderInterventionTests
{
    private const double Near = 1e-3;

    private static readonly JsonNode Golden = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "Golden", "smollm2-135m", "interventions.json")))!;

    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = Embedded("smollm2-135m");

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    [TestCase("capital")]
    [TestCase("ioi")]
    public void LogitAttribution_GivesTheParts(string name)
    {
        var golden = Golden[name]!;
        var results = TestRun.Execute(new LogitAttribution(), _model, new LogitAttributionOptions { Token = Text(golden["token"]), Against = Text(golden["against"]) }, [Ids(golden["ids"])]);

        var rows = results.Rows<Contribution>("logit-attribution");
        Assert.That(results.Rows<ContributionSum>("sums").Single().Logit, Is.EqualTo(Number(golden["difference"])).Within(Near));
        Assert.That(rows.Single(row => row.Kind == ContributionKind.Embedding).Value, Is.EqualTo(Number(golden["embedding"])).Within(Near));
        Assert.That(Of(ContributionKind.Head), Is.EqualTo(Grid(golden["heads"]).SelectMany(row => row)).Within(Near));
        Assert.That(Of(ContributionKind.Mlp), Is.EqualTo(golden["mlps"]!.AsArray().Select(Number)).Within(Near));

        double[] Of(ContributionKind kind) => [.. rows.Where(row => row.Kind == kind).Select(row => row.Value)];
    }

    /// <summary>The last twelve layers: the earlier ones take longer and show nothing else.</summary>
    [TestCase(PatchUnit.Stream, "stream")]
    [TestCase(PatchUnit.Head, "heads")]
    public void Patch_MovesTheCapital(PatchUnit unit, string name)
    {
        var golden = Golden["patch"]!;
        var options = new PatchOptions { Unit = unit, Layer = Selection.Parse("18-29"), Token = Text(golden["token"]), Against = Text(golden["against"]) };
        var results = TestRun.Execute(new Patch(), _model, options, [Ids(golden["clean"]), Ids(golden["corrupted"])]);

        var pair = results.Rows<PatchPair>("pairs").Single();
        Assert.That(new[] { pair.Clean, pair.Corrupted }, Is.EqualTo(golden["differences"]!.AsArray().Select(Number)).Within(Near));
        Assert.That(results.Rows<PatchEffect>("patch").Select(row => row.Share!.Value), Is.EqualTo(Grid(golden[name])[18..].SelectMany(row => row)).Within(Near));
        if (unit == PatchUnit.Head)
        {
            Assert.That(results.Rows<StrongestPatch>("strongest").Take(4).Select(row => (row.Layer, row.Head)), Is.EqualTo(new (int, int?)[] { (23, 4), (29, 1), (23, 3), (29, 0) }));
        }
    }

    [Test]
    public void Ablate_FourHeadsOfAllCarryCopying_FourOthersDoNot()
    {
        var golden = Golden["repeat"]!;
        foreach (var (half, position) in new[] { "0-38", "40-78" }.Index())
        {
            foreach (var (heads, together) in new[] { ("18.6", false), ("16.0", false), ("18.6,17.3,17.4,18.7", true) })
            {
                var options = new AblateOptions { Heads = [.. heads.Split(',').Select(head => LayerIndex.Parse(head))], Together = together, Layer = Selection.Parse("12-29"), Position = Selection.Parse(position), Draws = together && half == 1 ? 3 : 0 };
                var rows = TestRun.Execute(new Ablate(), _model, options, [Ids(golden["ids"])]).Rows<AblationEffect>("ablate");

                Assert.That(rows[0].Loss, Is.EqualTo(Number(golden["halves"]!["nothing"]![half])).Within(Near));
                Assert.That(rows[1].Loss, Is.EqualTo(Number(golden["halves"]![heads]![half])).Within(Near), heads);
                if (together && half == 1)
                {
                    Assert.That(rows[0].Accuracy, Is.EqualTo(26 / 39.0).Within(1e-12));
                    Assert.That(rows[1].Accuracy, Is.Zero);
                    Assert.That(rows.Skip(2).Select(row => row.Accuracy), Is.All.GreaterThan(0.5).And.Exactly(3).Items);
                }
            }
        }
    }

    [Test]
    public void Ablate_OneNeuron_LetsTheWordThrough()
    {
        var prompt = TestRun.Prompt(_model, "The walls were painted black and");
        var options = new AblateOptions { Neurons = [new(29, 1455)], Layer = Selection.Parse("29"), Draws = 20, Token = "white" };
        var rows = TestRun.Execute(new Ablate(), _model, options, [prompt]).Rows<AblationEffect>("ablate");

        Assert.That(rows[0].Probability, Is.EqualTo(0.139).Within(Near));
        Assert.That(rows[1].Probability, Is.EqualTo(0.596).Within(Near));
        Assert.That(rows.Skip(2).Select(row => row.Probability), Is.All.EqualTo(0.139).Within(0.025));
    }

    /// <summary>Of the second layer, whose heads read what the first layer's have moved.</summary>
    [Test]
    public void HeadDetector_FindsTheHeadsThatAblationShowsToMatter()
    {
        using var model = Embedded("tiny-attn-2l");
        var last = Selection.Parse("-1");
        var looks = TestRun.Execute(new HeadDetector(), model, new HeadDetectorOptions { Layer = last }).Rows<HeadScores>("head-detector").OrderByDescending(row => row.Induction).Select(row => row.Head);
        var matters = TestRun.Execute(new Ablate(), model, new AblateOptions { Layer = last, Sequences = 4 }).Rows<AblationEffect>("ablate").Skip(1).OrderByDescending(row => row.LossChange).ToList();

        Assert.That(matters.Take(2).Select(row => row.Index!.Value), Is.EqualTo(looks.Take(2)));
        Assert.That(matters[1].LossChange, Is.GreaterThan(2 * matters[2].LossChange!.Value));
    }

    private static OnnxModel Embedded(string name) => ModelFolder.Open(Path.Combine(Repository.Root, "models", "onnx", name), new OpenOptions { Device = Device.Cpu });

    private static string Text(JsonNode? node) => (string)node!;

    private static double Number(JsonNode? node) => (double)node!;

    private static Prompt Ids(JsonNode? node) => new(null, [.. node!.AsArray().Select(id => (int)id!)]);

    private static double[][] Grid(JsonNode? node) => [.. node!.AsArray().Select(row => row!.AsArray().Select(Number).ToArray())];
}
