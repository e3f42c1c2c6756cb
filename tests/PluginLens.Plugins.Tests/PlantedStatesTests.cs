using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What was put into the hidden states of a random model is what the analyses of states find there.</summary>
public sealed class PlantedStatesTests
{
    private const int D = VectorModels.D;
    private static readonly float[] State = [3, -1, 4, -1, -5, 2, -6, 4];

    [Test]
    public void RkOverlap_ParametersThatSayWhatTheStateSays_CoverIt()
    {
        var model = Running(Planted(layer: 1), stateLayer: 1, parameterLayer: 1);

        var rows = TestRun.Execute(new RkOverlap(), model, new RkOptions { K = 9, M = 1 }, [new Prompt(null, [3, 1])])
            .Rows<RkRow>("rk-overlap");

        Assert.That(rows.Where(row => row.Layer == 1).Select(row => (row.Group, row.Rk, row.Random)), Is.EqualTo(Groups.Select(group => (group, 1.0, 0.5))));
        Assert.That(rows.Where(row => row.Layer == 0).Select(row => row.Rk), Is.All.LessThan(0.8));
    }

    [Test]
    public void RkFinal_ParametersOfAnEarlierLayerThatSayWhatTheLastStateSays_CoverIt()
    {
        var model = Running(Planted(layer: 0), stateLayer: 1, parameterLayer: 0);

        var rows = TestRun.Execute(new RkFinal(), model, new RkOptions { K = 9, M = 1 }, [new Prompt(null, [3, 1])])
            .Rows<RkRow>("rk-final");

        Assert.That(rows.Where(row => row.Layer == 0).Select(row => (row.Group, row.Rk, row.Random)), Is.EqualTo(Groups.Select(group => (group, 1.0, 0.5))));
        Assert.That(rows.Where(row => row.Layer == 1).Select(row => row.Rk), Is.All.LessThan(0.8));
    }

    [Test]
    public void HiddenProjection_StatesThatAreTokens_AreReadAsThem()
    {
        // Tokens 12 and 33 are long; the states of positions 0 and 2 are their columns of W_U.
        var model = VectorModels.Make().WithWeight("unembed.W_U", data =>
        {
            for (var at = 0; at < D; at++)
            {
                data[(at * VectorModels.V) + 12] *= 20;
                data[(at * VectorModels.V) + 33] *= 20;
            }
        });
        float[] Column(int token) => [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[token])];
        float[] states = [.. Column(12), .. State, .. Column(33)];
        model = model.WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", states, 1, 3, D));
        var options = new HiddenProjectionOptions { K = 1, Layer = Selection.Parse("1"), Position = Selection.Parse("0,2") };

        var rows = TestRun.Execute(new HiddenProjection(), model, options, [new Prompt(null, [3, 1, 4])]).Rows<StateWord>("hidden-projection");

        Assert.That(rows.Select(row => (row.Layer, row.Position, row.Input.Text, row.Token.Text)), Is.EqualTo(new[] { ((int?)1, 0, " w3", " w12"), (1, 2, " w4", " w33") }));
    }

    private static string[] Groups => ["K", "V", "W_V", "W_O"];

    /// <summary>
    /// Neuron 7 and dimension 1 of head 2 (of key-value head 1) hold the normed state; neuron 0 and dimension 0 of head 0 its opposite, whose words are the
    /// other end of the vocabulary.
    /// </summary>
    private static FakeModel Planted(int layer)
    {
        var mean = State.Average();
        float[] up = Array.ConvertAll(State, value => value - mean), down = Array.ConvertAll(up, value => -value);
        var model = VectorModels.Make(tied: true).WithWeight("unembed.b_U", Array.Clear).WithWeight("ln_final.b", Array.Clear);
        foreach (var (vector, neuron, head, dimension) in new[] { (up, 7, 2, 1), (down, 0, 0, 0) })
        {
            model = model.WithWeight($"blocks.{layer}.mlp.W_out", data => vector.CopyTo(data, neuron * D))
                .WithWeight($"blocks.{layer}.mlp.W_in", data => Spread(vector, data, 0, 10, neuron))
                .WithWeight($"blocks.{layer}.attn.W_O", data => vector.CopyTo(data, ((head * 3) + dimension) * D))
                .WithWeight($"blocks.{layer}.attn.W_V", data => Spread(vector, data, head / 2 * D, 3, dimension));
        }

        return model;
    }

    /// <summary>The state at position 0 and its opposite at position 1, where the parameters that say so are the most active; elsewhere other states, and others active.</summary>
    private static FakeModel Running(FakeModel model, int stateLayer, int parameterLayer)
    {
        float[] opposite = Array.ConvertAll(State, value => -value), other = [1, 2, -3, 1, 1, -2, 5, 0];
        for (var layer = 0; layer < 2; layer++)
        {
            float[] states = layer == stateLayer ? [.. State, .. opposite] : [.. other, .. other];
            var (first, second) = layer == parameterLayer ? (7, 0) : (3, 4);
            var (z0, z1) = layer == parameterLayer ? (7, 0) : (5, 8);
            model = model.WithHook($"blocks.{layer}.hook_resid_post", ["batch", "pos", "8"], _ => new Tensor("state", states, 1, 2, D))
                .WithHook($"blocks.{layer}.mlp.hook_pre", ["batch", "pos", "10"], _ => new Tensor("pre", OneHot(10, first, second), 1, 2, 10))
                .WithHook($"blocks.{layer}.attn.hook_z", ["batch", "pos", "4", "3"], _ => new Tensor("z", OneHot(12, z0, z1), 1, 2, 4, 3));
        }

        return model;
    }

    private static float[] OneHot(int width, params int[] at) => [.. at.SelectMany(one => Enumerable.Range(0, width).Select(index => index == one ? 1f : 0f))];

    private static void Spread(float[] vector, float[] data, int firstRow, int width, int column)
    {
        for (var at = 0; at < D; at++)
        {
            data[((firstRow + at) * width) + column] = vector[at];
        }
    }
}
