using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>
/// The shares of <c>head-behaviours</c> are what loops over the lists of <c>patterns</c> and <c>messages</c> count (those lists equal their formulas: see the tests of these two), over
/// all pairs where likeness is a cosine, for every checkpoint and option.
/// </summary>
public sealed class HeadBehavioursCheckpointTests
{
    private static readonly int[] Text = [.. CheckpointModels.Prompts[0].Tokens, .. CheckpointModels.Prompts[0].Tokens[1..4]];

    private static IEnumerable<HeadBehavioursOptions> Options =>
    [
        new() { K = 3, Tau = 0.05, MinSelf = 0.1, MinIdentity = 0.1, MinRepeat = 0.02, MinLetter = 0.05, MinPredictive = 0.05 },
        new() { K = 3, Alike = ListLikeness.Cosine, MinRepeat = 0.1, LetterOf = WordSide.Pattern },
        new() { K = 40, Side = PatternSide.Query, Score = Similarity.Dot, Norm = NormOn.None, Read = MessageReading.Cosine, NoBias = true, NoValueBias = true },
        new() { K = 5, HighBias = 0.01, Tau = 0.1 },
        new() { K = 5, BpeFilter = BpeFilter.LeadingSpace, Pool = 12, Input = PatternInput.Raw },
    ];

    [Test]
    public void Shares_OfEveryCheckpoint_EqualTheCounts([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) => AssertShares(name, new HeadBehavioursOptions());

    [Test]
    public void Shares_UnderEveryOption_EqualTheCounts([Values("gpt2", "llama", "bert")] string name, [ValueSource(nameof(Options))] HeadBehavioursOptions options) => AssertShares(name, options);

    private static void AssertShares(string name, HeadBehavioursOptions options)
    {
        var (model, config) = (CheckpointModels.Get(name), CheckpointModels.Get(name).Config);
        Prompt[] prompts = [new(null, Text)];
        var results = TestRun.Execute(new HeadBehaviours(), model, options, prompts);
        var patterns = TestRun.Execute(new TextPatterns(), model, new TextPatternOptions
        {
            K = options.K, Side = options.Side, Score = options.Score, Norm = options.Norm, Input = options.Input, NoBias = options.NoBias, HighBias = options.HighBias, BpeFilter = options.BpeFilter, Pool = options.Pool,
        }, prompts).Rows<PatternWord>("patterns").ToLookup(row => (row.Layer, row.Head, row.Position), row => (row.Token.Id, row.HighBias));
        var messages = TestRun.Execute(new TextMessages(), model, new TextMessageOptions
        {
            K = options.K, Read = options.Read, NoBias = options.NoValueBias, HighBias = options.HighBias, BpeFilter = options.BpeFilter, Pool = options.Pool,
        }, prompts).Rows<MessageWord>("messages").ToLookup(row => (row.Layer, row.Head, row.Position), row => (row.Token.Id, row.HighBias));
        var (causal, n) = (config.AttentionDir == "causal", Text.Length);
        int[]? predicted = null;
        if (causal)
        {
            var logits = model.Run(new ModelInput(Text), ["logits"])["logits"];
            predicted = [.. Enumerable.Range(0, n).Select(position => NaiveLists.Top(NaiveStates.At(logits, position), 1)[0])];
        }

        string Of(int id) => model.Token(id).Text.Trim().ToLowerInvariant();
        bool Same(int x, int y) => x == y || (Of(x).Length > 0 && Of(x) == Of(y));
        var (rows, trifectas) = (results.Rows<HeadBehaviour>("head-behaviours"), results.Rows<HeadTrifecta>("trifectas"));
        Assert.That(rows.Select(row => (row.Layer, row.Head)), Is.EqualTo(from layer in Enumerable.Range(0, config.NLayers) from head in Enumerable.Range(0, config.NHeads) select (layer, head)));
        foreach (var row in rows)
        {
            int[] Looks(int position) => [.. patterns[(row.Layer, row.Head, position)].Select(word => word.Id)];
            int[] Says(int position) => [.. messages[(row.Layer, row.Head, position)].Select(word => word.Id)];
            double Share(IEnumerable<bool> of) => of.DefaultIfEmpty().Average(yes => yes ? 1.0 : 0);
            var (positions, where) = (Enumerable.Range(0, n).ToList(), $"{row}");
            Assert.That(row.SelfShare, Is.EqualTo(Share(positions.Select(at => Looks(at).Any(id => Same(id, Text[at]))))).Within(1e-12), where);
            Assert.That(row.IdentityShare, Is.EqualTo(Share(positions.Select(at => Says(at).Any(id => Same(id, Text[at]))))).Within(1e-12), where);
            Assert.That(row.NextShare, causal ? Is.EqualTo(Share(positions.SkipLast(1).Select(at => Says(at).Any(id => Same(id, Text[at + 1]))))).Within(1e-12) : Is.Null, where);
            Assert.That(row.PredictedShare, predicted is { } own ? Is.EqualTo(Share(positions.SkipLast(1).Select(at => Says(at).Any(id => Same(id, own[at]))))).Within(1e-12) : Is.Null, where);

            bool Lettered(string text) => text.Length > 0 && char.IsLetter(text[0]);
            var letters = positions.Where(at => Lettered(Of(Text[at]))).Select(at => (Letter: Of(Text[at])[0], Words: options.LetterOf == WordSide.Message ? Says(at) : Looks(at))).Where(entry => entry.Words.Length > 0).ToList();
            Assert.That(row.LetterShare, letters.Count == 0 ? Is.Null : Is.EqualTo(letters.Average(entry => Share(entry.Words.Select(id => Lettered(Of(id)) && Of(id)[0] == entry.Letter)))).Within(1e-12), where);

            double Pairs(Func<int, int, double> alike) => (from i in positions from j in positions where i < j select alike(i, j)).Average();
            static double Jaccard(int[] x, int[] y) => x.Union(y).Any() ? x.Intersect(y).Count() / (double)x.Union(y).Count() : 0;
            double Cosine(double[] x, double[] y) => NaiveWeights.Dot(x, y) / Math.Sqrt(NaiveWeights.Dot(x, x) * NaiveWeights.Dot(y, y));
            var cosine = options.Alike == ListLikeness.Cosine;
            double[][] vectors = !cosine ? [] : [.. positions.Select(at => NaivePatterns.Pattern(model, row.Layer, row.Head, NaivePatterns.Input(model, Text, row.Layer, at, normed: true), ofKey: true, biases: true))];
            double[][] written = !cosine ? [] : [.. positions.Select(at => NaivePatterns.Message(model, row.Layer, row.Head, NaivePatterns.Input(model, Text, row.Layer, at, normed: true, meets: false), biases: true))];
            Assert.That(row.PatternAlike, Is.EqualTo(Pairs((i, j) => cosine ? Cosine(vectors[i], vectors[j]) : Jaccard(Looks(i), Looks(j)))).Within(cosine ? 1e-4 : 1e-12), where);
            Assert.That(row.MessageAlike, Is.EqualTo(Pairs((i, j) => cosine ? Cosine(written[i], written[j]) : Jaccard(Says(i), Says(j)))).Within(cosine ? 1e-4 : 1e-12), where);

            var attention = model.Run(new ModelInput(Text), [$"blocks.{row.Layer}.attn.hook_pattern"])[$"blocks.{row.Layer}.attn.hook_pattern"][0][row.Head].AsMatrix();
            bool Flagged(int key) => patterns[(row.Layer, row.Head, key)].Concat(messages[(row.Layer, row.Head, key)]).Any(word => word.HighBias == true);
            var found = (from query in positions from key in positions where key != 0 && key != query && attention.Row(query)[key] >= options.Tau && !Flagged(key) select (query, key)).ToList();
            Assert.That(trifectas.Where(one => (one.Layer, one.Head) == (row.Layer, row.Head)).Select(one => (one.Position, one.Source)), Is.EqualTo(found), where);
            Assert.That(row.TrifectaShare, Is.EqualTo(found.Select(pair => pair.query).Distinct().Count() / (double)(causal ? n - 2 : n)).Within(1e-12), where);
            Assert.That(
                new[] { row.SelfAttending, row.IdentityMessage, row.RepeatingPattern, row.RepeatingMessage, row.FirstLetter, row.Predictive, row.Trifecta },
                Is.EqualTo(new[]
                {
                    row.SelfShare >= options.MinSelf, row.IdentityShare >= options.MinIdentity, row.PatternAlike >= options.MinRepeat, row.MessageAlike >= options.MinRepeat, row.LetterShare >= options.MinLetter,
                    row.NextShare >= options.MinPredictive || row.PredictedShare >= options.MinPredictive, found.Count > 0,
                }), where);
        }
    }
}
