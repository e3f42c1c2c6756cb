namespace PluginLens.Toolkit.Tests;

/// <summary>Layers of a prompt come one by one, out of as many passes as their patterns need.</summary>
public sealed class LayerPassesTests
{
    private static readonly FakeModel Model = Enumerable.Range(0, 4).Aggregate(
        new FakeModel(new ModelConfig { DModel = 4, NHeads = 2, NLayers = 4, DHead = 2, DVocab = 9, NCtx = 8000 }),
        (model, layer) => model
            .WithHook(LayerPasses.Pattern(layer), ["batch", "2", "pos", "pos"], _ => new Tensor("pattern", new float[] { layer }, 1))
            .WithHook(State(layer), ["batch", "pos", "4"], _ => new Tensor("state", new float[] { 10 * layer }, 1)));

    /// <summary>Of a short prompt one pass gives all six activations, of a long one each pass gives the two of a layer, and the state that the next one starts from.</summary>
    [TestCase(3, 6, 6, 6)]
    [TestCase(6000, 3, 3, 2)]
    public void Layers_ComeInOrder_FromAsManyPassesAsMayBeHeld(int length, int first, int second, int third)
    {
        var found = LayerPasses.Of(Context.Of(Model), new Prompt(null, new int[length]), [0, 1, 3], layer => [State(layer)]).Select(entry =>
            (entry.Layer, entry.Run[LayerPasses.Pattern(entry.Layer)].Span[0], entry.Run[State(entry.Layer)].Span[0], entry.Run.Names.Count()));

        Assert.That(found, Is.EqualTo(new[] { (0, 0f, 0f, first), (1, 1f, 10f, second), (3, 3f, 30f, third) }));
    }

    [Test]
    public void Cost_OfALongPrompt_IsThatOfOneWholePassAndFewerPatterns()
    {
        Cost Of(int length, params int[] layers) => LayerPasses.CostOf(Model.Config, length, layers);

        Assert.That(Of(6000, 0, 1, 3).Flops, Is.EqualTo(Of(6000, 3).Flops), "no layer is computed twice");
        Assert.That(Of(6000, 0, 1, 3).Bytes, Is.EqualTo(Of(6000, 3).Bytes).Within(1).Percent);
        Assert.That(Of(3, 0, 1, 3).Flops, Is.EqualTo(Of(3, 3).Flops));
    }

    private static string State(int layer) => $"blocks.{layer}.hook_resid_pre";
}
