using PluginLens.Models.Format.Files;
using PluginLens.Tokenizers;

namespace PluginLens.Models.Format;

/// <summary>Tokenizer files as they were when the model was made: those of another model give wrong ids in silence.</summary>
internal static class TokenizerCheck
{
    /// <summary>Throws where a file is not the one that it was and reads as another tokenizer; one that is missing or cannot be read leaves the weights usable.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="files">File name to sha-256.</param>
    /// <returns>Why text cannot be read, or null.</returns>
    public static string? Fault(string folder, IReadOnlyDictionary<string, string> files)
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
                return $"'{folder}' lacks the tokenizer file '{name}'; copy it from where the model came from.";
            }

            var found = FileHash.Of(path);
            if (found != expected)
            {
                var message = $"'{path}' is not the tokenizer file that this model was made with (sha-256 {FileHash.Short(found)}…, expected {FileHash.Short(expected)}…); restore it or export the model again.";
                return Unreadable(folder, files.Keys) ? message : throw new ModelException(message);
            }
        }

        return null;
    }

    private static bool Unreadable(string folder, IEnumerable<string> files)
    {
        try
        {
            TokenizerFiles.Load(folder, files).Encode("a");
            return false;
        }
        catch (ModelException)
        {
            return true;
        }
    }
}
