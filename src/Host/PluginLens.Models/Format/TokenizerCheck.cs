using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Format;

/// <summary>Tokenizer files as they were when the model was made: those of another model give wrong ids in silence.</summary>
internal static class TokenizerCheck
{
    /// <summary>Throws with the first file that is not the one that it was.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="files">File name to sha-256.</param>
    public static void Check(string folder, IReadOnlyDictionary<string, string> files)
    {
        foreach (var (name, expected) in files)
        {
            if (name.Length == 0 || Path.GetFileName(name) != name || name.Contains('\\', StringComparison.Ordinal))
            {
                throw new ModelException($"'{folder}': the metadata name the tokenizer file '{name}', which is not a plain file name; export the model again.");
            }

            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                throw new ModelException($"'{folder}' lacks the tokenizer file '{name}'; copy it from where the model came from.");
            }

            var found = FileHash.Of(path);
            if (found != expected)
            {
                throw new ModelException(
                    $"'{path}' is not the tokenizer file that this model was made with (sha-256 {found[..12]}…, expected {expected[..Math.Min(12, expected.Length)]}…); restore it or export the model again.");
            }
        }
    }
}
