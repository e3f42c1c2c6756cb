using PluginLens.Models.Verification;
using PluginLens.Models.Verification.Published;
using PluginLens.Testing;
using PluginLens.Tests.Shared;
using PluginLens.Tokenizers;

namespace PluginLens.Models.Tests.Verification;

/// <summary>Every token in print is one of the real vocabulary, spelt as the check looks for it.</summary>
public sealed class PublishedTokenTests
{
    private static readonly Lazy<FakeModel> Gpt2 = new(() => Real("real-gpt2"));

    private static readonly Lazy<FakeModel> Bert = new(() => Real("real-bert"));

    [Test]
    public void Gpt2_LensAndPatternTables_NameRealTokens()
    {
        var ids = Rows.Ids(Gpt2.Value, id => Rows.Shown(Gpt2.Value.Tokenizer!.Piece(id)));
        var lens = PublishedValues.Read<LensTableData[]>("lens-tables");
        var patterns = PublishedValues.Read<ContextPatternsData[]>("context-patterns");

        Assert.That(lens.Select(table => table.Layers.Length), Is.EqualTo(new[] { 13, 13, 12 }));
        Assert.That(lens.All(table => table.PredictedDots.Length == table.Layers.Length));
        Assert.That(patterns.Select(table => table.Rows.Length), Is.EqualTo(new[] { 15, 144 }));
        Assert.That(patterns[1].Rows.All(row => row.Tokens.Length == 10 && row.Scores.Length == 10));
        Assert.That(lens.SelectMany(table => table.Layers).SelectMany(layer => layer.Tokens).Concat(patterns.SelectMany(table => table.Rows).SelectMany(row => row.Tokens)).Where(token => !ids.ContainsKey(token)), Is.Empty);
    }

    [Test]
    public void Gpt2_FilteredTables_NameTokensThatSurviveTheRoundTrip()
    {
        var model = Gpt2.Value;
        var keep = Rows.RoundTrips(model);
        var ids = Rows.Ids(model, id => Rows.Shown(model.Tokenizer!.Piece(id)));
        var words = Enumerable.Range(0, keep.Length).Where(id => keep[id]).Select(id => WhiteSpace.Strip(model.Tokenizer!.Text(id))).ToHashSet();
        var home = PublishedValues.Read<TokenPatternsData>("token-patterns");

        Assert.That(keep.Count(passes => passes), Is.EqualTo(49408));
        Assert.That(PublishedValues.Read<ContextPatternsData[]>("context-patterns")[1].Rows.SelectMany(row => row.Tokens).Where(token => !keep[ids[token]]), Is.Empty);
        Assert.That(home.Heads.SelectMany(row => row.Tokens).Where(word => !words.Contains(word)), Is.Empty);
        Assert.That(model.Tokenizer!.Encode(home.Prompt), Has.Length.EqualTo(8).And.Contains(model.Tokenizer.Encode(home.Token).Single()));
    }

    [Test]
    public void Gpt2_LayerZero_IsTheSameInBothPatternTables()
    {
        // The first state is raw in both, and a filter drops tokens without a change of cosine.
        var tables = PublishedValues.Read<ContextPatternsData[]>("context-patterns");
        foreach (var row in tables[0].Rows.Where(row => row.Layer == 0))
        {
            var filtered = tables[1].Rows.Single(other => other.Layer == 0 && other.Head == row.Head);
            foreach (var (rank, token) in row.Tokens.Index())
            {
                var at = Array.IndexOf(filtered.Tokens, token);
                Assert.That(at < 0 || filtered.Scores[at] == row.Scores[rank], $"'{token}' of head 0.{row.Head}");
            }
        }
    }

    [Test]
    public void Bert_PatternTables_NameRealTokensAndWords()
    {
        var tokenizer = Bert.Value.Tokenizer!;
        var ids = Rows.Ids(Bert.Value, tokenizer.Piece);
        var rows = PublishedValues.Read<StaticPatternsData>("static-patterns").Rows;
        var probes = PublishedValues.Read<HeadProbeData[]>("head-probe");

        Assert.That(rows, Has.Length.EqualTo(15));
        Assert.That(rows.SelectMany(row => row.Tokens).Concat(probes.SelectMany(probe => probe.Words.Values).SelectMany(tokens => tokens)).Where(token => !ids.ContainsKey(token)), Is.Empty);
        Assert.That(rows.Select(row => row.Word!).Concat(probes.SelectMany(probe => probe.Words.Keys)).Where(word => tokenizer.Encode(word) is not [var id] || tokenizer.Piece(id) != word), Is.Empty);
    }

    /// <summary>A model of one dimension: only its tokens matter.</summary>
    private static FakeModel Real(string folder)
    {
        var tokenizer = TokenizerFiles.Load(Path.Combine(Repository.Root, "tests", "Golden", "tokenizers", folder));
        return new FakeModel(new ModelConfig { NLayers = 1, DModel = 1, NHeads = 1, DHead = 1, DVocab = tokenizer.Count }, tokenizer);
    }
}
