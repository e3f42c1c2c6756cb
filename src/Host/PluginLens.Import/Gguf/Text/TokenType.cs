namespace PluginLens.Import.Gguf.Text;

/// <summary>What a token is; numbers as in the file, and as SentencePiece has them.</summary>
internal enum TokenType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
