namespace PluginLens.Fixtures;

/// <summary>Not public, so the host may not use it.</summary>
internal sealed class HiddenAnalysis : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}

public static class Reason
{
    public static Type Hidden => typeof(HiddenAnalysis);
}
