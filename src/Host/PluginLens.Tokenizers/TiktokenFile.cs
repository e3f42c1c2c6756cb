using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;
using PluginLens.Files;
using PluginLens.Tokenizers.Decoding;
using PluginLens.Tokenizers.Splitting;

namespace PluginLens.Tokenizers;

/// <summary>Lines of a token's bytes in base 64 and its rank. The file does not say how text is split: the number of ranks does.</summary>
internal static class TiktokenFile
{
    /// <summary>Whether a file of an ambiguous name begins as these do.</summary>
    public static bool IsOne(string path)
    {
        using var stream = RegularFile.Open(path, SizeLimit.Tokenizer);
        Span<byte> start = stackalloc byte[256];
        var text = Encoding.Latin1.GetString(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
        var fields = text.Split('\n')[0].TrimEnd('\r').Split(' ');
        return fields.Length == 2 && fields[0].Length > 0 && Convert.TryFromBase64String(fields[0], new byte[256], out _) && int.TryParse(fields[1], out _);
    }

    public static TokenizerParts Read(string path, TokenizerConfig config)
    {
        var table = new PieceTable();
        foreach (var line in TokenizerFiles.Text(path).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.TrimEnd('\r').Split(' ');
            if (fields.Length != 2 || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                throw new InvalidDataException($"Expected lines of base 64, a space and an id, found '{PieceTable.Shown(line)}'.");
            }

            table.Add(ByteAlphabet.Write(Convert.FromBase64String(fields[0])), id);
        }

        var ranks = table.Count;
        PieceSplit split = ranks switch
        {
            50256 or 50280 or 50281 => Gpt2Split.Split,
            100256 => new RegexSplit(Patterns.Cl100k).Isolated,
            128000 => new RegexSplit(Patterns.Llama3).Isolated,
            199998 => new RegexSplit(Patterns.O200k).Isolated,
            _ => throw new InvalidDataException(
                $"Expected 50256, 50280, 100256, 128000 or 199998 ranks, found {ranks}: how such a file splits text is not written in it; add the model's tokenizer.json."),
        };
        if (ranks is 50256 && config.Find("added_tokens_decoder") is null)
        {
            table.Add("<|endoftext|>", 50256);
        }

        var added = SpecialTokens.Find(config, table);
        var bytes = TokenizerFiles.Bytes(path);
        return new TokenizerParts
        {
            Path = path,
            Kind = "tiktoken",
            Pieces = table.ToArray(),
            AddedTokens = added,
            Splits = [split],
            Model = () => ModelJson.Whole(TiktokenTokenizer.Create(new MemoryStream(bytes), null, null)),
            Decoders = [Decoders.ByteLevel],
            BosId = table.Id("<|begin_of_text|>"),
            EosId = table.Id("<|endoftext|>") ?? table.Id("<|end_of_text|>"),
        }.WithNamedIds(config, table.Ids);
    }
}
