using System.Text.Json;
using PluginLens.Models;
using PluginLens.Plugins.Circuits;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// Pairs of a real decoder equal those that an independent float64 implementation found in the same weights (tests/Golden/smollm2): tokens that begin a word of three
/// letters or more, the commonest 18,000 without those of large norm, read under the norms and centred, as products and as cosines. Of the pairs those of two different words
/// (by four letters); the best of all, or the best of each input with each output at most twice.
/// </summary>
public sealed class SmolLm2PairsTests
{
    private const int Commonest = 18_000;
    private static readonly string Golden = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Golden", "smollm2", "ov-pairs.json"));

    [Test]
    public void OvPairs_EqualThoseOfTheFormula([Values("29.2", "25.3")] string head, [Values(CosineOf.None, CosineOf.Both)] CosineOf cosine)
    {
        using var model = ModelFolder.Open(Path.Combine(Repository.Root, "models", "onnx", "smollm2-135m"), new OpenOptions { Device = Device.Cpu });
        var words = Enumerable.Range(0, Commonest).Where(id => model.Tokenizer!.Piece(id) is ['Ġ', .. { Length: >= 3 } word] && word.All(char.IsAsciiLetter)).ToHashSet();
        var options = new OvPairOptions {
            Tokens = PairedTokens.All,
            Layer = Selection.Parse(head.Split('.')[0]), Head = Selection.Parse(head.Split('.')[1]), Normed = true, Center = true, Cosine = cosine, DropFlagged = true, K = 6000,
            OnlyFromList = new WordList("words", words.Select(id => model.Tokenizer!.Text(id))), WordInitial = true,
        };

        var rows = TestRun.Execute(new OvPairs(), model, options).Rows<InputOutputPair>("ov-pairs");

        // The list is compared without regard to case: rarer forms of its words are still among them.
        var large = options.LargeNorms(model);
        Assert.That(words.Count(id => !large[id]), Is.EqualTo(10_753));
        var pairs = rows.Where(row => words.Contains(row.Input.Id) && words.Contains(row.Output.Id) && Start(row.Input) != Start(row.Output)).ToList();
        var (golden, kind) = (JsonDocument.Parse(Golden).RootElement.GetProperty(head), cosine == CosineOf.None ? "dot" : "cos");
        AssertSame(pairs.Take(10), golden.GetProperty($"{kind}_top"), cosine);
        AssertSame(BestOfInputs(pairs).Take(10), golden.GetProperty($"{kind}_rowbest"), cosine);
    }

    private static string Start(Token token) => token.Text.Trim().ToLowerInvariant() is { Length: > 4 } word ? word[..4] : token.Text.Trim().ToLowerInvariant();

    private static IEnumerable<InputOutputPair> BestOfInputs(List<InputOutputPair> pairs)
    {
        var outputs = new Dictionary<int, int>();
        foreach (var best in pairs.DistinctBy(pair => pair.Input.Id))
        {
            outputs[best.Output.Id] = outputs.GetValueOrDefault(best.Output.Id) + 1;
            if (outputs[best.Output.Id] <= 2)
            {
                yield return best;
            }
        }
    }

    private static void AssertSame(IEnumerable<InputOutputPair> found, JsonElement golden, CosineOf cosine)
    {
        InputOutputPair[] pairs = [.. found];
        Assert.That(pairs.Select(pair => (pair.Input.Text.Trim(), pair.Output.Text.Trim())), Is.EqualTo(golden.EnumerateArray().Select(pair => ($"{pair[0]}", $"{pair[1]}"))));
        Assert.That(pairs.Select(pair => pair.Score), Is.EqualTo(golden.EnumerateArray().Select(pair => pair[2].GetDouble())).Within(cosine == CosineOf.None ? 2e-3 : 6e-4));
    }
}
