namespace PluginLens.Models.Format.Files;

/// <summary>The values of a weight that have to be made, as long as somebody holds them: analyses ask for the same matrix once a head.</summary>
internal sealed class HeldValues
{
    private readonly WeakReference<float[]> _values = new(null!);

    /// <summary>The values.</summary>
    /// <param name="make">Makes them where nobody holds any.</param>
    public float[] Of(Func<float[]> make)
    {
        if (!_values.TryGetTarget(out var values))
        {
            values = make();
            _values.SetTarget(values);
        }

        return values;
    }
}
