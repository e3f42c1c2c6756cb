namespace PluginLens;

/// <summary>An analysis that can say what it will cost before it runs (<c>--plan</c>).</summary>
public interface IPlanned
{
    /// <summary>The cost of a run with this context, or null where nobody can say beforehand.</summary>
    /// <param name="context">The same context that a run would get.</param>
    Cost? Plan(AnalysisContext context);
}
