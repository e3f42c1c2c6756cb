using PluginLens.Import;

namespace PluginLens.Cli;

/// <summary>What an import is asked to write, wherever the model comes from.</summary>
/// <param name="Destination">The model folder.</param>
/// <param name="Name">The model's name; null = the destination's.</param>
/// <param name="Force">Whether an existing model folder is replaced.</param>
/// <param name="Dtype">stored, float32, float16 or bfloat16.</param>
internal sealed record ImportRequest(string Destination, string? Name, bool Force, string Dtype)
{
    /// <summary>The same for the importer.</summary>
    public WeightStorage Storage => Enum.Parse<WeightStorage>(Dtype, ignoreCase: true);
}
