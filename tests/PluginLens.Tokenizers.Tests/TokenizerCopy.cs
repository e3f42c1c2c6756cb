namespace PluginLens.Tokenizers.Tests;

/// <summary>A temporary folder with some of a golden tokenizer's files.</summary>
internal sealed class TokenizerCopy : IDisposable
{
    public TokenizerCopy(string folder, params string[] files)
    {
        Folder = Directory.CreateTempSubdirectory("tokenizer").FullName;
        foreach (var file in files)
        {
            File.WriteAllBytes(Path.Combine(Folder, file), File.ReadAllBytes(Path.Combine(GoldenTokenizers.Root, folder, file)));
        }
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
