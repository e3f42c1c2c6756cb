using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

internal static class Context
{
    public static AnalysisContext Of(Model model, TopKCache? cache = null) => new()
    {
        Models = [model],
        Compute = new CpuCompute(),
        Results = new CollectedResults(),
        Cache = cache ?? new TopKCache(),
    };
}
