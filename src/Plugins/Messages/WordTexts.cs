using System.Text;

namespace PluginLens.Plugins.Messages;

/// <summary>Texts of tokens as they are compared: stripped and in lower case.</summary>
/// <param name="model">A model with a tokenizer.</param>
internal sealed class WordTexts(Model model)
{
    private readonly Dictionary<int, string> _texts = [];

    /// <summary>Whether two tokens are the same or differ in case and space alone.</summary>
    /// <param name="first">Token id.</param>
    /// <param name="second">Token id.</param>
    public bool AreAlike(int first, int second) => first == second || (Of(first).Length > 0 && Of(first) == Of(second));

    /// <summary>The letter that a token begins with; null where it begins with something else.</summary>
    /// <param name="id">Token id.</param>
    public Rune? Letter(int id) => Of(id) is { Length: > 0 } text && Rune.TryGetRuneAt(text, 0, out var rune) && Rune.IsLetter(rune) ? rune : null;

    private string Of(int id) => _texts.TryGetValue(id, out var text) ? text : _texts[id] = WhiteSpace.Strip(model.Token(id).Text).ToLowerInvariant();
}
