namespace PluginLens;

/// <summary>An analysis with options. The property initialisers of <typeparamref name="TOptions"/> are the defaults.</summary>
/// <typeparam name="TOptions">A record of <c>init</c> properties, each with a <see cref="HelpAttribute"/>.</typeparam>
public abstract class Analysis<TOptions> : IAnalysis, IPlanned
    where TOptions : class, new()
{
    void IAnalysis.Run(AnalysisContext context) => Run(context, context.OptionsAs<TOptions>());

    Cost? IPlanned.Plan(AnalysisContext context) => Plan(context, context.OptionsAs<TOptions>());

    /// <summary>Answers the question.</summary>
    /// <param name="context">The model, the inputs, compute, and where results go.</param>
    /// <param name="options">What the user asked for, already checked for names and types.</param>
    protected abstract void Run(AnalysisContext context, TOptions options);

    /// <summary>What <see cref="Run"/> will cost, for <c>--plan</c>; null where nobody can say beforehand.</summary>
    /// <param name="context">The same context that a run would get.</param>
    /// <param name="options">The same options.</param>
    protected virtual Cost? Plan(AnalysisContext context, TOptions options) => null;
}
