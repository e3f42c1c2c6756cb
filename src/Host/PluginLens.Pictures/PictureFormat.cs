namespace PluginLens.Pictures;

/// <summary>What a picture is written as.</summary>
public enum PictureFormat
{
    /// <summary>Shapes and text: sharp at any size, searchable.</summary>
    Svg,

    /// <summary>Pixels, 288 an inch.</summary>
    Png,
}
