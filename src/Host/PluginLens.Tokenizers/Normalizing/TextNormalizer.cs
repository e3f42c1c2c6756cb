using Microsoft.ML.Tokenizers;

namespace PluginLens.Tokenizers.Normalizing;

/// <summary>A normalizer that is one function.</summary>
internal class TextNormalizer(Func<string, string> normalize) : Normalizer
{
    public override string Normalize(string original) => normalize(original);

    public override string Normalize(ReadOnlySpan<char> original) => normalize(original.ToString());
}
