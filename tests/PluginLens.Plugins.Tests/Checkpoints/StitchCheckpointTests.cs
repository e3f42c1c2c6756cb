using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>stitch --add-positions</c> feeds an encoder what its own embedding makes of mapped states.</summary>
public sealed class StitchCheckpointTests
{
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    [Test]
    public void AddPositions_OfAnEncoder_AddsPositionsAndTokenTypesAndNorms([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Encoders))] string name)
    {
        // The map from a model to itself is the identity: what is fed comes from the donor's states alone.
        var model = CheckpointModels.Get(name);
        var fed = new List<Tensor>();

        var notes = TestRun.Execute(new Stitch(), model, new StitchOptions { Last = 1, AddPositions = true }, [new Prompt(null, Text, "1")], Recording(model, fed)).Notes;

        Assert.That(notes, Has.Some.Contains("positions, token types, embedding norm of the receiver added"));
        Assert.That(fed, Has.Count.EqualTo(model.Config.NLayers + 1), "one pass for each number of blocks");
        var weights = new NaiveWeights(model);
        double[][] positions = weights.Rows("pos_embed.W_pos"), types = weights.Rows("token_type_embed.W_token_type");
        double[] gain = weights.Vector("embed.ln.w")!, shift = weights.Vector("embed.ln.b")!;
        for (var blocks = 0; blocks < fed.Count; blocks++)
        {
            var hook = blocks == 0 ? "blocks.0.hook_resid_pre" : NaiveStates.Output(model, blocks - 1);
            var states = model.Run(new ModelInput(Text), [hook])[hook];
            for (var position = 0; position < Text.Length; position++)
            {
                double[] sum = [.. NaiveStates.At(states, position).Select((value, at) => value + positions[position][at] + types[0][at])];
                var mean = sum.Average();
                var scale = Math.Sqrt(sum.Average(value => (value - mean) * (value - mean)) + model.Config.Eps);
                Assert.That(
                    NaiveStates.At(fed[blocks], position), Is.EqualTo(sum.Select((value, at) => ((value - mean) / scale * gain[at]) + shift[at])).Within(2e-5), $"n = {blocks}, position {position}");
            }
        }
    }

    /// <summary>The model with a classifier, noting what enters its last block.</summary>
    private static FakeModel Recording(Model model, List<Tensor> fed)
    {
        var (last, d) = (model.Config.NLayers - 1, model.Config.DModel);
        var names = model.WeightNames.Where(name => name.Contains("embed.", StringComparison.Ordinal));
        return names.Aggregate(new FakeModel(model.Config, model.Tokenizer), (made, name) => made.WithWeight(name, model.Weight(name).Data.ToArray(), [.. model.Weight(name).Shape]))
            .WithWeight("classifier.W", new float[2 * d], d, 2)
            .WithHook("blocks.0.hook_resid_pre", ["batch", "pos", $"{d}"], input => model.Run(input, ["blocks.0.hook_resid_pre"])["blocks.0.hook_resid_pre"])
            .WithHook(NaiveStates.Output(model, last), ["batch", "pos", $"{d}"], input =>
            {
                if (input.Replace.TryGetValue($"blocks.{last}.hook_resid_pre", out var given))
                {
                    fed.Add(given);
                }

                return model.Run(input, [NaiveStates.Output(model, last)])[NaiveStates.Output(model, last)];
            });
    }
}
