namespace PluginLens.Plugins.Interventions;

/// <summary>A part of an activation: some of the numbers that it has at each position.</summary>
/// <param name="Hook">The hook.</param>
/// <param name="Layer">The layer whose input leads to it; null where it lies outside the blocks.</param>
/// <param name="First">The first number.</param>
/// <param name="Count">How many; null = all.</param>
internal sealed record Place(string Hook, int? Layer, int First = 0, int? Count = null)
{
    /// <summary>What a head passes on, <c>[batch,pos,h,dh]</c>.</summary>
    /// <param name="config">The model's.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public static Place Head(ModelConfig config, int layer, int head) => new($"blocks.{layer}.attn.hook_z", layer, head * config.DHead, config.DHead);

    /// <summary>A neuron's activation.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="neuron">Neuron.</param>
    public static Place Neuron(int layer, int neuron) => new($"blocks.{layer}.mlp.hook_post", layer, neuron, 1);

    /// <summary>All that a layer's attention adds to the stream.</summary>
    /// <param name="layer">Layer.</param>
    public static Place Attention(int layer) => new($"blocks.{layer}.hook_attn_out", layer);

    /// <summary>All that a layer's MLP adds to the stream.</summary>
    /// <param name="layer">Layer.</param>
    public static Place Mlp(int layer) => new($"blocks.{layer}.hook_mlp_out", layer);

    /// <summary>The positions that <c>--at</c> leaves of a prompt.</summary>
    /// <param name="at">The option.</param>
    /// <param name="length">Tokens of the prompt.</param>
    /// <exception cref="UsageException">It names others.</exception>
    public static IReadOnlyList<int> At(Selection at, int length)
    {
        try
        {
            return at.Of(length, "at");
        }
        catch (UsageException error)
        {
            throw new UsageException($"--at {at}: expected positions of every prompt; one has 0 to {length - 1}.", error);
        }
    }

    /// <summary>Copies the numbers of this place at some positions.</summary>
    /// <param name="extents">Of the hook: numbers before its positions, positions, and behind them.</param>
    /// <param name="positions">Where.</param>
    /// <param name="value">The number that stands at an index of the activation.</param>
    /// <param name="into">Receives them, all other entries stay.</param>
    public void Fill((int Outer, int Length, int Inner) extents, IEnumerable<int> positions, Func<int, float> value, float[] into)
    {
        foreach (var position in positions)
        {
            for (var outer = 0; outer < extents.Outer; outer++)
            {
                var start = (((outer * extents.Length) + position) * extents.Inner) + First;
                for (var at = start; at < start + (Count ?? extents.Inner); at++)
                {
                    into[at] = value(at);
                }
            }
        }
    }
}
