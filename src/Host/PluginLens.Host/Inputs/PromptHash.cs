using System.Security.Cryptography;
using System.Text;
using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>One hash for what was read: a JSON line <c>[text, label, ids]</c> for each prompt.</summary>
internal static class PromptHash
{
    /// <summary>Sha-256 in lower-case hex, or null without prompts.</summary>
    /// <param name="prompts">The prompts in order.</param>
    public static string? Of(IEnumerable<Prompt> prompts)
    {
        var any = false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // In a lambda: without prompts Newtonsoft.Json is not loaded.
        foreach (var line in prompts.Select(prompt => JsonConvert.SerializeObject(new object?[] { prompt.Text, prompt.Label, prompt.Tokens })))
        {
            any = true;
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }

        return any ? Convert.ToHexStringLower(hash.GetHashAndReset()) : null;
    }
}
