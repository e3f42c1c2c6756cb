namespace PluginLens.Models.Sessions;

/// <summary>How much is to go through a session: what makes passes fast takes time when it is opened. The numbers are the same.</summary>
internal enum SessionUse
{
    /// <summary>Few tokens: opened fast.</summary>
    Little,

    /// <summary>Many tokens: fast passes.</summary>
    Much,

    /// <summary>Texts that are long themselves: fast passes that leave no memory behind.</summary>
    LongTexts,
}
