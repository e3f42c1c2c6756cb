using PluginLens.Plugins.HeadTables;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>token-freq</c> with every checkpoint's tokenizer equals counting the ids of each line in a dictionary.</summary>
public sealed class TokenFreqCheckpointTests
{
    private static readonly string[] Lines = ["the cat sat on the mat, and the cat slept", "It's 1234: na\u00efve  words", "", "the end"];

    [Test]
    public void Counts_EqualADictionaryOfIds([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] bool unseen)
    {
        var model = CheckpointModels.Get(name);
        var counts = new Dictionary<int, long>();
        foreach (var id in Lines.SelectMany(line => model.Tokenizer!.EncodePlain(line)))
        {
            counts[id] = counts.GetValueOrDefault(id) + 1;
        }

        using var text = new HeadTablesFile(string.Join('\n', Lines));
        var rows = TestRun.Execute(new TokenFreq(), model, new TokenFreqOptions { Words = text.Path, Unseen = unseen }).Rows<CountedToken>("token-freq");

        double Smoothed(int id) => ((double)counts.GetValueOrDefault(id) / counts.Values.Sum()) + 1e-10;
        var sum = Enumerable.Range(0, model.Config.DVocab).Sum(Smoothed);
        var expected = Enumerable.Range(0, model.Config.DVocab).Where(id => unseen || counts.ContainsKey(id)).OrderByDescending(id => counts.GetValueOrDefault(id)).ThenBy(id => id).ToArray();
        Assert.That(rows.Select(row => (row.Rank, row.Token.Id, row.Count)), Is.EqualTo(expected.Select((id, at) => (at + 1, id, counts.GetValueOrDefault(id)))));
        Assert.That(rows.Select(row => row.P), Is.EqualTo(expected.Select(id => Smoothed(id) / sum)).Within(1e-14));
    }
}
