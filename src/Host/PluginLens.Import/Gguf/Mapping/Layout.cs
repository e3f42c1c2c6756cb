namespace PluginLens.Import.Gguf.Mapping;

/// <summary>How the rows of a tensor become a canonical weight.</summary>
internal enum Layout
{
    /// <summary>As they are.</summary>
    Rows,

    /// <summary>[out, in] as [in, out].</summary>
    Transposed,

    /// <summary>[heads * d_head, in] as [heads, in, d_head].</summary>
    ByHead,
}
