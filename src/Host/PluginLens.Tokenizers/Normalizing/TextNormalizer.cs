namespace PluginLens.Tokenizers.Normalizing;

/// <summary>What a text becomes before it is split: one function.</summary>
internal class TextNormalizer(Func<string, string> normalize)
{
    public string Normalize(string text) => normalize(text);
}
