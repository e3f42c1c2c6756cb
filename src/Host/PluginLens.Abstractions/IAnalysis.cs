namespace PluginLens;

/// <summary>
/// One question about a model, answered by a plugin. A plugin assembly holds one or more of them: public classes with <see cref="AnalysisAttribute"/> and a public
/// constructor without parameters. One is created for each run and used from one thread.
/// </summary>
public interface IAnalysis
{
    /// <summary>Pulls what it needs from <paramref name="context"/> by name and pushes rows to its results.</summary>
    /// <param name="context">The model, the inputs, the bound options, compute, and where results go.</param>
    void Run(AnalysisContext context);
}
