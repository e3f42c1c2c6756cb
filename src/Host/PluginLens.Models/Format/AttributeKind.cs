namespace PluginLens.Models.Format;

/// <summary>Types of attributes, by their numbers in the format.</summary>
internal enum AttributeKind
{
    None = 0,
    Float = 1,
    Int = 2,
    Text = 3,
    Tensor = 4,
    Ints = 7,
}
