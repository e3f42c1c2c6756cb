using System.Text;
using System.Text.Unicode;

namespace PluginLens.Tokenizers.Decoding;

/// <summary>The decoders of <c>tokenizer.json</c>.</summary>
internal static class Decoders
{
    /// <summary>Byte-level vocabulary strings to text; bytes that are no UTF-8 become U+FFFD.</summary>
    public static List<string> ByteLevel(List<string> tokens)
    {
        // Lists of words decode each token of the vocabulary by itself: one array, made as large as it may become, and no list that grows.
        var (most, count) = (0, 0);
        foreach (var token in tokens)
        {
            most = checked(most + ByteAlphabet.Most(token));
        }

        var bytes = new byte[most];
        foreach (var token in tokens)
        {
            count += ByteAlphabet.Read(token, bytes.AsSpan(count));
        }

        return [Encoding.UTF8.GetString(bytes, 0, count)];
    }

    /// <summary><c>&lt;0xE2&gt;</c> and its neighbours to the characters they spell.</summary>
    public static List<string> ByteFallback(List<string> tokens)
    {
        var result = new List<string>();
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, result);
            result.Add(token);
        }

        Flush(bytes, result);
        return result;
    }

    /// <summary>Words of BPE with an end-of-word mark.</summary>
    public static List<string> WordEnd(List<string> tokens, string suffix) =>
        [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? string.Empty : " ", StringComparison.Ordinal))];

    /// <summary>WordPiece: a space before every token that does not continue a word.</summary>
    public static List<string> WordPiece(List<string> tokens, string prefix, bool cleanUp) =>
        [.. tokens.Select((token, i) =>
        {
            var text = i == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : ' ' + token;
            return cleanUp ? CleanUp(text) : text;
        })];

    /// <summary>SentencePiece's marks to spaces; the first token's stand for no space where a prefix is added.</summary>
    public static List<string> Metaspace(List<string> tokens, string mark, bool prefixed) =>
        [.. tokens.Select((token, i) => token.Replace(mark, i == 0 && prefixed ? string.Empty : " ", StringComparison.Ordinal))];

    /// <summary>Removes up to so many of a character at both ends of every token.</summary>
    public static List<string> Strip(List<string> tokens, char content, int start, int stop) =>
        [.. tokens.Select(token =>
        {
            var from = 0;
            var to = token.Length;
            while (from < start && from < to && token[from] == content)
            {
                from++;
            }

            while (token.Length - to < stop && to > from && token[to - 1] == content)
            {
                to--;
            }

            return token[from..to];
        })];

    private static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal)
        .Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);

    private static void Flush(List<byte> bytes, List<string> result)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        byte[] sequence = [.. bytes];

        // A sequence that is broken anywhere shows one mark for each of its bytes.
        if (Utf8.IsValid(sequence))
        {
            result.Add(Encoding.UTF8.GetString(sequence));
        }
        else
        {
            result.AddRange(Enumerable.Repeat("\uFFFD", sequence.Length));
        }

        bytes.Clear();
    }
}
