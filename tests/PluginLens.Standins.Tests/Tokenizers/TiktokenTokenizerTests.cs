using System.Text;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.Tokenizers;

public class TiktokenTokenizerTests
{
    [Test]
    public void EncodeToIds_AgreesWithTheSameMergesAsAList()
    {
        var random = new Random(11);
        var (tiktoken, bpe) = Both(random);
        string[] characters = ["a", "b", "é", "🙂", " "];
        for (var round = 0; round < 500; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(_ => characters[random.Next(characters.Length)]));

            // A piece that is a token is that token at once; only then may the two differ.
            if (bpe.EncodeToIds(text).Count > 1)
                Assert.That(tiktoken.EncodeToIds(text), Is.EqualTo(bpe.EncodeToIds(text)), text);
        }
    }

    [Test]
    public void EncodeToIds_WholePiece_NeedsNoMerge()
    {
        var lines = Bytes().Append("abc");
        var tokenizer = TiktokenTokenizer.Create(Stream(lines), null, null);

        Assert.That(tokenizer.EncodeToIds("abc"), Is.EqualTo(new[] { 256 }));
        Assert.That(tokenizer.EncodeToIds("abca"), Has.Count.EqualTo(4));
    }

    [Test]
    public void Decode_SpecialAndBytes_GiveText()
    {
        var tokenizer = TiktokenTokenizer.Create(Stream(Bytes()), null, null, new Dictionary<string, int> { ["<end>"] = 900 });

        Assert.That(tokenizer.Decode([0xC3, 0xA9, 900]), Is.EqualTo("é<end>"));
        Assert.That(tokenizer.EncodeToTokens("é", out _).Select(token => token.Offset), Is.EqualTo(new[] { 0..1, 0..0 }).Or.EqualTo(new[] { 0..0, 0..1 }));
    }

    [TestCase("YQ== x")]
    [TestCase("YQ==")]
    [TestCase("YQ== 0")]
    public void Create_BrokenFile_Throws(string line) =>
        Assert.That(() => TiktokenTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(line)), null, null), Throws.InstanceOf<FormatException>());

    private static IEnumerable<string> Bytes() => Enumerable.Range(0, 256).Select(b => ((char)b).ToString());

    private static MemoryStream Stream(IEnumerable<string> pieces) =>
        new(Encoding.UTF8.GetBytes(string.Concat(pieces.Select((piece, rank) => $"{Convert.ToBase64String(Encoding.Latin1.GetBytes(piece))} {rank}\n"))));

    /// <summary>Random merges, each of two pieces that exist, whose unions are all different.</summary>
    private static (TiktokenTokenizer Tiktoken, BpeTokenizer Bpe) Both(Random random)
    {
        var pieces = Bytes().ToList();
        var usable = new List<string>("abé🙂 ".EnumerateRunes().SelectMany(rune => Encoding.UTF8.GetBytes(rune.ToString())).Select(b => ((char)b).ToString()));
        var merges = new List<string>();
        static string Shown(string piece) => string.Concat(piece.Select(b => ByteAlphabet.Character((byte)b)));
        while (pieces.Count < 300)
        {
            var left = usable[random.Next(usable.Count)];
            var right = usable[random.Next(usable.Count)];
            if (pieces.Contains(left + right))
                continue;
            pieces.Add(left + right);
            usable.Add(left + right);
            merges.Add($"{Shown(left)} {Shown(right)}");
        }

        var vocabulary = pieces.Select((piece, id) => KeyValuePair.Create(Shown(piece), id));
        return (TiktokenTokenizer.Create(Stream(pieces), null, null), BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = merges, ByteLevel = true }));
    }
}
