namespace PluginLens.Toolkit;

/// <summary>Which of the two tokens of an attention score a pattern belongs to.</summary>
public enum PatternSide
{
    /// <summary>The query: <c>q W_Kᵀ</c>, what it looks for among keys.</summary>
    Query,

    /// <summary>The key: <c>k W_Qᵀ</c>, which queries will attend to it.</summary>
    Key,
}
