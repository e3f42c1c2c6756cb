namespace PluginLens.Toolkit;

/// <summary>How messages are read as words.</summary>
public enum MessageReading
{
    /// <summary><c>written</c> where the model has an unembedding and a final norm or none, <c>cosine</c> for post-norm models and encoders.</summary>
    Auto,

    /// <summary><c>((m - mean) * w) · u_t</c>: what the message adds to logits, up to the scale of the whole state; the final norm's bias is left out.</summary>
    Written,

    /// <summary>The same, divided by the length of the token's vector <c>u_t * w</c>, its mean taken away where the norm does, and by that of the message.</summary>
    WrittenCosine,

    /// <summary>Cosine with rows of W_E.</summary>
    Cosine,

    /// <summary>Dot product with rows of W_E.</summary>
    Dot,

    /// <summary>Cosine of the message under the final norm, bias included, with rows of W_E.</summary>
    FinalNorm,

    /// <summary>Cosine of the message with rows of W_E under the final norm.</summary>
    NormedVocabulary,
}
