namespace PluginLens;

/// <summary>How far an analysis holds for a model.</summary>
public enum Verdict
{
    /// <summary>The numbers mean exactly what the analysis says.</summary>
    Exact,

    /// <summary>The numbers leave something out; the reason is printed with them.</summary>
    Approximate,

    /// <summary>The question makes no sense here; the host refuses to run.</summary>
    Undefined,
}
