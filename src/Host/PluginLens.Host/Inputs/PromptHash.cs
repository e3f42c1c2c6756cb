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
        foreach (var prompt in prompts)
        {
            any = true;
            hash.AppendData(Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(new object?[] { prompt.Text, prompt.Label, prompt.Tokens }) + "\n"));
        }

        return any ? Convert.ToHexStringLower(hash.GetHashAndReset()) : null;
    }
}
