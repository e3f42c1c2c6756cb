using PluginLens.Models.Format;

namespace PluginLens.Models.Verification;

/// <summary>What storing a weight costs, relative to the largest entry of its tensor.</summary>
internal static class Rounding
{
    /// <summary>By the type that the weights are stored in.</summary>
    /// <param name="model">The model.</param>
    public static double Of(OnnxModel model) => model.Config.Metadata.GetValueOrDefault("dtype") switch
    {
        "float16" => 1.0 / (1 << 10),
        "bfloat16" => 1.0 / (1 << 7),
        _ => 1e-6,
    };
}
