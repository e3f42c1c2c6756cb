namespace PluginLens;

/// <summary>
/// Keeps vocabulary lists that several analyses need (the top-100 ids of every FFN value, say). The host's cache lives on disk, keyed by the
/// model's hash; this base class keeps nothing and computes every time.
/// </summary>
public class TopKCache
{
    /// <summary>The lists under a key, computed where they are not at hand.</summary>
    /// <param name="model">The model that the lists are about.</param>
    /// <param name="key">Says everything else that the lists depend on: group, layer, matrix, k, order, filters.</param>
    /// <param name="rows">Lists there are: what is kept under the key with another number is not what is asked for.</param>
    /// <param name="k">Entries of each list, likewise.</param>
    /// <param name="compute">Makes them.</param>
    public virtual RowTopK GetOrCompute(Model model, string key, int rows, int k, Func<RowTopK> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return compute();
    }
}
