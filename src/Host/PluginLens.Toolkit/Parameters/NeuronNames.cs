using System.Globalization;

namespace PluginLens.Toolkit;

/// <summary>Neurons that options name: <c>29.1455</c>, also <c>L29N1455</c> and, as LM-Debugger writes it, <c>L29D1455</c>.</summary>
public static class NeuronNames
{
    /// <summary>The neurons, by layer and number, each once.</summary>
    /// <param name="config">The model.</param>
    /// <param name="option">The option, for the message: <c>--neurons</c>.</param>
    /// <param name="names">What the user wrote.</param>
    /// <exception cref="UsageException">A name is none, or the model has no such neuron.</exception>
    public static IReadOnlyList<(int Layer, int Neuron)> Of(ModelConfig config, string option, IReadOnlyList<string> names)
    {
        var chosen = new SortedSet<(int Layer, int Neuron)>();
        foreach (var name in names)
        {
            var parts = name.TrimStart('L', 'l').Split('.', 'N', 'n', 'D', 'd');
            if (parts is not [var first, var second] || !Number(first, out var layer) || !Number(second, out var neuron))
            {
                throw new UsageException($"{option} '{name}': expected layer and neuron, such as 2.666 or L2N666.");
            }

            if (layer >= config.NLayers || neuron >= config.DMlp)
            {
                throw new UsageException($"{option} '{name}': model '{config.Name}' has layers 0 to {config.NLayers - 1} with neurons 0 to {config.DMlp - 1}.");
            }

            chosen.Add((layer, neuron));
        }

        return [.. chosen];
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
