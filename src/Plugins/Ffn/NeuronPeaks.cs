namespace PluginLens.Plugins.Ffn;

/// <summary>What is kept of one neuron over any number of texts: its k best places with their context, and sums.</summary>
/// <param name="k">Places kept.</param>
/// <param name="order">Which activations are best.</param>
/// <param name="active">Smallest magnitude that counts as active.</param>
internal sealed class NeuronPeaks(int k, RowOrder order, double active)
{
    private readonly List<(double Key, NeuronPlace Place)> _places = [];
    private double _sum;
    private int _active;

    /// <summary>Tokens seen.</summary>
    public int Tokens { get; private set; }

    /// <summary>Largest activation.</summary>
    public double Largest { get; private set; } = double.NegativeInfinity;

    /// <summary>Lowest activation.</summary>
    public double Smallest { get; private set; } = double.PositiveInfinity;

    /// <summary>Share of tokens at which it was active.</summary>
    public double Density => (double)_active / Tokens;

    /// <summary>Mean activation.</summary>
    public double Mean => _sum / Tokens;

    /// <summary>The places, best first; of equal ones the earlier.</summary>
    public IEnumerable<NeuronPlace> Places => _places.Select(entry => entry.Place);

    /// <summary>Takes an activation; texts and positions come in order.</summary>
    /// <param name="value">The activation.</param>
    /// <param name="prompt">Index of the prompt.</param>
    /// <param name="position">Position.</param>
    /// <param name="activations">All of the prompt's in this layer, <c>pos x d_mlp</c>, for the context.</param>
    /// <param name="neuron">Its column.</param>
    /// <param name="options">How much context.</param>
    public void Add(float value, int prompt, int position, Matrix activations, int neuron, NeuronTextsOptions options)
    {
        Tokens++;
        _sum += value;
        _active += Math.Abs(value) >= active ? 1 : 0;
        (Largest, Smallest) = (Math.Max(Largest, value), Math.Min(Smallest, value));
        double key = order switch { RowOrder.Largest => value, RowOrder.Smallest => -value, _ => Math.Abs(value) };
        if (_places.Count == k && key <= _places[^1].Key)
        {
            return;
        }

        var (first, end) = (Math.Max(0, position - options.Before), Math.Min(activations.Rows, position + options.After + 1));
        var window = new float[end - first];
        for (var at = 0; at < window.Length; at++)
        {
            window[at] = activations.Row(first + at)[neuron];
        }

        var rank = _places.FindIndex(entry => entry.Key < key);
        _places.Insert(rank < 0 ? _places.Count : rank, (key, new NeuronPlace(prompt, position, value, first, window)));
        if (_places.Count > k)
        {
            _places.RemoveAt(k);
        }
    }
}

/// <summary>A place in a text.</summary>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Position">Position.</param>
/// <param name="Activation">The activation there.</param>
/// <param name="First">Position of the first token of its context.</param>
/// <param name="Window">Activations of the context, the place among them.</param>
internal sealed record NeuronPlace(int Prompt, int Position, double Activation, int First, float[] Window);
