namespace FutureLibrary;

public static class Helper
{
    public static string Name => typeof(PluginLens.IAnalysis).Name;
}
