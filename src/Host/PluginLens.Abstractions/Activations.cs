namespace PluginLens;

/// <summary>What a forward pass computed, by hook name. The tensors are copies: they outlive the pass.</summary>
/// <param name="byName">Hook name to value; shapes as in docs/terms.md, batch first.</param>
public sealed class Activations(IReadOnlyDictionary<string, Tensor> byName)
{
    /// <summary>The hooks that were asked for.</summary>
    public IEnumerable<string> Names => byName.Keys;

    /// <summary>One activation, batch first.</summary>
    /// <param name="hook">Hook name, e.g. <c>blocks.0.hook_resid_post</c>.</param>
    public Tensor this[string hook] => byName.TryGetValue(hook, out var tensor)
        ? tensor
        : throw new ArgumentException($"'{hook}' was not asked for in this forward pass.");
}
