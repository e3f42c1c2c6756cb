namespace PluginLens.Toolkit;

/// <summary>Which tokens of a byte-level vocabulary count as words. Selects before ranking, so that lists stay full.</summary>
public enum BpeFilter
{
    /// <summary>All.</summary>
    None,

    /// <summary>Those whose vocabulary string, its leading mark a space, encodes to one id and decodes to itself (McCormick's filter).</summary>
    RoundTrip,

    /// <summary>Those that start a word.</summary>
    LeadingSpace,

    /// <summary>Those that are letters only once surrounding white space is stripped.</summary>
    Alpha,
}
