using System.Text.RegularExpressions;

namespace PluginLens.Tokenizers;

/// <summary>How long a text may be, and become on its way to tokens: stages of a tokenizer's file that each double it would fill any memory.</summary>
internal static class TextLimit
{
    /// <summary>Characters: millions of tokens, far more than any model reads at once.</summary>
    public const int Longest = 1 << 24;

    /// <summary>The text that a user gave.</summary>
    /// <exception cref="ModelException">It is too long.</exception>
    public static string Given(string text) => text.Length <= Longest ? text
        : throw new ModelException($"A text has {text.Length} characters; expected at most {Longest}: cut it into shorter ones.");

    /// <summary>What a stage made of it.</summary>
    /// <exception cref="ModelException">It is too long.</exception>
    public static string Made(string text) => text.Length <= Longest ? text : throw Grown();

    /// <summary>Every occurrence of a text replaced, in ordinal comparison.</summary>
    public static string Replace(string text, string wanted, string content) =>
        text.Length + ((long)text.AsSpan().Count(wanted) * (content.Length - wanted.Length)) <= Longest ? text.Replace(wanted, content, StringComparison.Ordinal) : throw Grown();

    /// <summary>Every match replaced by a text, in which a dollar is a dollar.</summary>
    public static string Replace(string text, Regex wanted, string content)
    {
        if (((text.Length + 1L) * content.Length) + text.Length > Longest)
        {
            var length = (long)text.Length;
            foreach (var match in wanted.EnumerateMatches(text))
            {
                length += content.Length - match.Length;
            }

            _ = length <= Longest ? length : throw Grown();
        }

        return wanted.Replace(text, content.Replace("$", "$$", StringComparison.Ordinal));
    }

    private static ModelException Grown() => new($"The tokenizer's files make a text longer than {Longest} characters of the one that was given; replace tokenizer.json with the model's own, or give a shorter text.");
}
