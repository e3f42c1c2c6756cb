using Newtonsoft.Json.Linq;

namespace PluginLens.Host.Tests;

/// <summary>What is not known of a model's weights is said in the result and in run.json.</summary>
public sealed class WeightsStateTests
{
    private sealed class Nothing : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
        }
    }

    [TestCase(WeightsState.Verified, "verified", "")]
    [TestCase(WeightsState.NotRecorded, "not-recorded", "weights of model 'other': hash not recorded in its metadata")]
    [TestCase(WeightsState.NotVerified, "not-verified", "weights not verified: those of model 'other' are not the ones that its metadata record")]
    public void Execute_StateOfTheWeights_IsInTheResult(WeightsState state, string recorded, string said)
    {
        using var folder = new TemporaryFolder();
        var result = AnalysisRun.Execute(new RunRequest { Plugin = InlinePlugin.Of<Nothing>(), Inputs = InMemoryEngine.Inputs([new Stored(state)]), Out = new RunPlace(Path.Combine(folder.Path, "run")) });
        var model = JObject.Parse(File.ReadAllText(Path.Combine(folder.Path, "run", "run.json")))["model"]!;

        Assert.That((string.Concat(result.Info.Notes.Concat(result.Info.Warnings)), result.Info.Warnings.Count), Is.EqualTo((said, state == WeightsState.NotVerified ? 1 : 0)));
        Assert.That(((string?)model["weights"], (string?)model["weights_sha256"], (string?)model["sha256"]), Is.EqualTo((recorded, "bb", "aa")));
    }

    [Test]
    public void Execute_ModelInMemory_HasNothingToCompare()
    {
        var identity = AnalysisRun.Execute(new RunRequest { Plugin = InlinePlugin.Of<Nothing>(), Inputs = InMemoryEngine.Inputs([TestModels.Tiny]) }).Info.Models[0];

        Assert.That((identity.Weights, identity.WeightsSha256), Is.EqualTo(((WeightsState?)null, (string?)null)));
    }

    private sealed class Stored(WeightsState state) : Model
    {
        public override string? Sha256 => "aa";

        public override string? WeightsSha256 => "bb";

        public override WeightsState? WeightsState => state;

        public override ModelConfig Config => TestModels.Tiny.Config with { Name = "other" };

        public override ModelTokenizer? Tokenizer => null;

        public override IReadOnlyCollection<string> WeightNames => [];

        public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => new Dictionary<string, IReadOnlyList<string>>();

        public override bool HasWeight(string name) => false;

        public override Tensor Weight(string name) => throw new NotSupportedException();

        public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks) => throw new NotSupportedException();
    }
}
