namespace Microsoft.ML.Tokenizers;

/// <summary>Which stages of the pipeline an encoding runs.</summary>
#pragma warning disable CA1815 // the official type defines no equality
public struct EncodeSettings
#pragma warning restore CA1815
{
    public EncodeSettings()
    {
    }

    public bool ConsiderPreTokenization { get; set; } = true;

    public bool ConsiderNormalization { get; set; } = true;
}
