using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>knowledge-lookup</c> on every checkpoint, all three ways of asking, equals the formulas.</summary>
public sealed class KnowledgeLookupCheckpointTests
{
    private const int Shown = 9;
    private const int K = 6;

    [Test]
    public void Words_RankVectorsByTheirProductWithTheMeanOfCentredEmbeddings(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values] LookupOver over, [Values] EmbeddingChoice embedding) =>
        AssertWords(name, new KnowledgeLookupOptions { Over = over, Embedding = embedding }, over == LookupOver.Values ? "V" : "K");

    [TestCaseSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))]
    public void Words_KeysOfTheLinearBranch_RankThemInsteadOfTheGates(string name) =>
        AssertWords(name, Given.Option<KnowledgeLookupOptions>("key", "in") with { Over = LookupOver.Keys }, "K_in");

    private static void AssertWords(string name, KnowledgeLookupOptions options, string group)
    {
        var model = CheckpointModels.Get(name);
        var words = SingleWords(model, 3);

        var results = TestRun.Execute(new KnowledgeLookup(), model, options with { Words = words, Neurons = Shown, K = K });

        var weights = new NaiveWeights(model);
        var tokens = weights.Vocabulary(NaiveWeights.Writes(group), $"{options.Embedding}");
        int[] seeds = Array.ConvertAll(words, word => IdOf(model, word)!.Value);
        double[] query = [.. Enumerable.Range(0, model.Config.DModel).Select(at => seeds.Average(id => tokens[id][at]) - tokens.Average(token => token[at]))];
        double[][] vectors = [.. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => weights.Vectors(group, layer))];
        var found = results.Rows<LookedUpNeuron>("neurons");
        NaiveLists.AssertTop(
            found.Select(row => (row.Layer * model.Config.DMlp) + row.Neuron), Array.ConvertAll(vectors, vector => NaiveWeights.Dot(vector, query)), Shown, "vectors", foundScores: found.Select(row => row.Score));
        foreach (var list in results.Rows<LookedUpWord>("knowledge-lookup").GroupBy(row => row.NeuronRank))
        {
            var vector = vectors[(list.First().Layer * model.Config.DMlp) + list.First().Neuron];
            Assert.That((list.First().Layer, list.First().Neuron), Is.EqualTo((found[list.Key - 1].Layer, found[list.Key - 1].Neuron)));
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), Array.ConvertAll(tokens, token => NaiveWeights.Dot(vector, token)), K, $"words of {list.Key}", id => CheckpointModels.HasText(name, id), list.Select(row => row.Score));
        }
    }

    [Test]
    public void Promotes_RanksValuesByTheirProduct([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values] EmbeddingChoice embedding)
    {
        var (model, target, results) = Promoting(name, embedding);

        var rows = results.Rows<PromotingNeuron>("promoting-neurons");

        var weights = new NaiveWeights(model);
        double[] scores = [.. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => weights.Vectors("V", layer)).Select(vector => NaiveWeights.Dot(vector, target))];
        NaiveLists.AssertTop(rows.Select(row => (row.Layer * model.Config.DMlp) + row.Neuron), scores, Shown, "neurons", foundScores: rows.Select(row => row.Score));
    }

    [Test]
    public void Promotes_RanksHeadsByTheLengthOfTheirProducts([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] EmbeddingChoice embedding)
    {
        var (model, target, results) = Promoting(name, embedding);

        var rows = results.Rows<PromotingHead>("promoting-heads");

        var weights = new NaiveWeights(model);
        var heads = model.Config.NHeads;
        double[][] pushes = [.. Enumerable.Range(0, model.Config.NLayers * heads)
            .Select(at => Array.ConvertAll(weights.Head($"blocks.{at / heads}.attn.W_O", at % heads), row => NaiveWeights.Dot(row, target)))];
        NaiveLists.AssertTop(
            rows.Select(row => (row.Layer * heads) + row.Head), Array.ConvertAll(pushes, push => Math.Sqrt(NaiveWeights.Dot(push, push))), Math.Min(Shown, pushes.Length), "heads", foundScores: rows.Select(row => row.Score));
        foreach (var row in rows)
        {
            var own = pushes[(row.Layer * heads) + row.Head];
            Assert.That(Math.Abs(own[row.Dimension]), Is.EqualTo(own.Max(Math.Abs)).Within(1e-5), $"{row}");
            Assert.That(row.DimensionScore, Is.EqualTo(own[row.Dimension]).Within(1e-5), $"{row}");
        }
    }

    /// <summary>The model, the word's vector, and what promotes it.</summary>
    private static (Model Model, double[] Target, CollectedResults Results) Promoting(string name, EmbeddingChoice embedding)
    {
        var model = CheckpointModels.Get(name);
        var word = SingleWords(model, 1)[0];
        var results = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { Promotes = word, Neurons = Shown, Embedding = embedding });
        return (model, new NaiveWeights(model).Vocabulary(writes: true, $"{embedding}")[IdOf(model, word)!.Value], results);
    }

    [Test]
    public void FromTo_RanksHeadsByTheDenseMatrixEntry([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] EmbeddingChoice embedding)
    {
        var model = CheckpointModels.Get(name);
        var config = model.Config;
        var words = SingleWords(model, 2);

        var rows = TestRun.Execute(new KnowledgeLookup(), model, new KnowledgeLookupOptions { From = words[0], To = words[1], Embedding = embedding }).Rows<HeadMapping>("mappings");

        var weights = new NaiveWeights(model);
        int[] ids = Array.ConvertAll(words, word => IdOf(model, word)!.Value);
        var read = weights.Vocabulary(writes: false, $"{embedding}")[ids[0]];
        var tokens = weights.Vocabulary(writes: true, $"{embedding}");
        var scores = (from layer in Enumerable.Range(0, config.NLayers)
                      from head in Enumerable.Range(0, config.NHeads)
                      let values = $"blocks.{layer}.attn.W_V"
                      let written = NaiveWeights.Multiply(NaiveWeights.Multiply([read], weights.Head(values, weights.Stored(values, head))), weights.Head($"blocks.{layer}.attn.W_O", head))
                      select NaiveWeights.Products(written, tokens)[0]).ToArray();
        NaiveLists.AssertTop(
            rows.Select(row => (row.Layer * config.NHeads) + row.Head), Array.ConvertAll(scores, all => all[ids[1]]), scores.Length, "heads", foundScores: rows.Select(row => row.Score));
        foreach (var row in rows)
        {
            var all = scores[(row.Layer * config.NHeads) + row.Head];
            var place = 1 + Array.IndexOf(NaiveLists.Top(all, all.Length, id => CheckpointModels.HasText(name, id)), ids[1]);
            var near = all.Count(score => Math.Abs(score - all[ids[1]]) < 2e-6 * all.Max(Math.Abs)) - 1;
            Assert.That(row.OutputRank, Is.EqualTo(place).Within(near), $"{row}");
        }
    }

    /// <summary>The token of a word that is one token, with a leading space or else without.</summary>
    private static int? IdOf(Model model, string word) => model.Tokenizer!.Encode(" " + word) is [var spaced] ? spaced : model.Tokenizer.Encode(word) is [var bare] ? bare : null;

    /// <summary>Words that are one token, from all over the vocabulary.</summary>
    private static string[] SingleWords(Model model, int count)
    {
        string[] words = [.. Enumerable.Range(0, model.Tokenizer!.Count)
            .Where(id => model.Tokenizer.Piece(id) is not null && !model.Tokenizer.IsSpecial(id))
            .Select(id => model.Tokenizer.Text(id).Trim())
            .Where(text => text.Length > 1 && text.All(char.IsAsciiLetterLower) && IdOf(model, text) is not null)
            .Distinct()];
        Assert.That(words, Has.Length.GreaterThanOrEqualTo(count), "words of one token");
        return [.. Enumerable.Range(0, count).Select(at => words[at * (words.Length - 1) / Math.Max(1, count - 1)])];
    }
}
