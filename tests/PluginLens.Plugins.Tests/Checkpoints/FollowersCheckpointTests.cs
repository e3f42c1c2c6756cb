using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;
using PluginLens.Toolkit;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The analyses that go on from the dataset, on every checkpoint, equal what their definitions make of its rows: of <c>new TokenFreqByHead()</c>, <c>new UniqueTokens()</c> and their like.</summary>
public sealed class FollowersCheckpointTests
{
    private const AttentionComponent Component = AttentionComponent.V;
    private static readonly Prompt[] Prompts = [.. CheckpointModels.Prompts.Take(2)];

    [Test]
    public void Tables_EqualTheirDefinitions([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);
        var cells = TestRun.Execute(new TokensOfAttention(), model, new AttentionTokensOptions { Components = [Component] }, Prompts).Rows<AttentionTokenRow>("attention-tokens").ToList();
        var heads = cells.GroupBy(cell => (cell.Layer, cell.Head)).OrderBy(group => group.Key).ToDictionary(group => group.Key, group => group.Select(cell => cell.V!.Value.Id).ToList());

        var frequencies = TestRun.Execute(new TokenFreqByHead(), model, new TokenFreqByHeadOptions { Component = Component }, Prompts).Rows<TokenFrequency>("token-freq-by-head");
        Assert.That(frequencies.Select(row => (row.Layer, row.Head, row.Token.Id, row.Frequency, row.Rank)), Is.EquivalentTo(heads.SelectMany(head => head.Value.Distinct().Select(token => (
            head.Key.Layer, head.Key.Head, token, (long)head.Value.Count(other => other == token),
            1 + head.Value.Distinct().Select(other => head.Value.Count(one => one == other)).Where(count => count > head.Value.Count(one => one == token)).Distinct().Count())))));

        var unique = TestRun.Execute(new UniqueTokens(), model, new UniqueTokensOptions { Component = Component }, Prompts).Rows<UniqueTokenRow>("unique-tokens");
        Assert.That(unique.Select(row => (row.Layer, row.Head, row.Tokens, row.Counted)), Is.EqualTo(heads.Select(head => (head.Key.Layer, head.Key.Head, head.Value.Distinct().Count(), (long)head.Value.Count))));

        var shared = TestRun.Execute(new SharedTokens(), model, new SharedTokensOptions { Component = Component, List = int.MaxValue }, Prompts).Rows<SharedTokenRow>("shared-tokens");
        Assert.That(shared.Select(row => ((row.FirstLayer, row.FirstHead), (row.SecondLayer, row.SecondHead), row.Ids)), Is.EqualTo(
            from one in heads
            from other in heads
            where one.Key.CompareTo(other.Key) < 0
            let both = one.Value.Intersect(other.Value).Order().ToList()
            where both.Count > 0
            select (one.Key, other.Key, string.Join(',', both))));
    }

    [Test]
    public void Plot_NumbersTokensAsTheyAreFirstMet([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);
        var cells = TestRun.Execute(new TokensOfAttention(), model, new AttentionTokensOptions { Components = [Component] }, Prompts[..1]).Rows<AttentionTokenRow>("attention-tokens").ToLookup(cell => (cell.Layer, cell.Head));

        var plotted = TestRun.Execute(new AttentionTokenPlot(), model, new AttentionTokenPlotOptions { Component = Component }, Prompts[..1]).Rows<PlottedCell>("attention-token-plot");

        foreach (var head in plotted.GroupBy(cell => (cell.Layer, cell.Head)))
        {
            var length = Prompts[0].Tokens.Length;
            var known = cells[head.Key].ToDictionary(cell => (cell.I, cell.J), cell => cell.V!.Value.Id);
            var met = Enumerable.Range(0, length * length).Select(at => known.TryGetValue((at / length, at % length), out var id) ? id : -1).Distinct().ToList();
            Assert.That(head.Select(cell => cell.Number), Is.EqualTo(head.Select(cell => met.IndexOf(known[(cell.I, cell.J)]))));
            Assert.That(head.Select(cell => cell.Border), Is.EqualTo(head.Select(cell => cell.J <= cell.I && cell.Attn > 0 ? Math.Min(3, 2 + (5 * cell.Attn)) : 0)));
        }
    }

    [Test]
    public void Map_HoldsTheDistancesOfCentredRows_WhereAllComponentsAreShown()
    {
        var model = CheckpointModels.Get("gpt2");
        var rows = TestRun.Execute(new TokenEmbeddingMap(), model, new TokenEmbeddingMapOptions { Component = AttentionComponent.Q, Dimensions = 3 }, Prompts).Rows<HeadTokenPoint>("token-embedding-map").DistinctBy(row => row.Token.Id).ToList();
        var embedding = new NaiveWeights(model).Rows("embed.W_E");
        var centred = rows.ConvertAll(row => embedding[row.Token.Id].Select(value => value - embedding[row.Token.Id].Average()).ToArray());
        double[] mean = [.. Enumerable.Range(0, centred[0].Length).Select(column => centred.Average(row => row[column]))];
        var moved = centred.ConvertAll(row => row.Zip(mean, (value, by) => value - by).ToArray());

        // The axes are orthogonal, of falling variance, and no other direction has more: the Gram matrix's leading eigenvalues.
        var eigenvalues = NaiveAlgebra.Eigenvalues(NaiveAlgebra.Gram([.. moved])).OrderDescending().Take(3).ToArray();
        double[][] axes = [[.. rows.Select(row => row.X)], [.. rows.Select(row => row.Y)], [.. rows.Select(row => row.Z!.Value)]];
        Assert.That(axes.Select(axis => axis.Sum(value => value * value)), Is.EqualTo(eigenvalues).Within(1e-4 * eigenvalues[0]));
        Assert.That(NaiveWeights.Dot(axes[0], axes[1]), Is.Zero.Within(1e-4 * eigenvalues[0]));
    }

    [Test]
    public void Differences_AreThoseOfTwoDatasets([Values("gpt2", "attn-only-2l", "bert")] string name)
    {
        var model = CheckpointModels.Get(name);
        int[] before = Prompts[0].Tokens, after = [.. before];
        after[1] = Enumerable.Range(40, model.Config.DVocab - 40).First(id => id != before[1] && Names(id));
        var found = TestRun.Execute(new AttentionTokenDiff(), model, new AttentionTokenDiffOptions { Component = Component, Replace = 1, Next = model.Token(after[1]).Text }, [new Prompt(null, before)]);
        bool Names(int id)
        {
            try
            {
                return OneToken.Of(model, "--next", model.Token(id).Text) == id;
            }
            catch (UsageException)
            {
                return false;
            }
        }

        List<AttentionTokenRow> Rows(int[] tokens) => [.. TestRun.Execute(new TokensOfAttention(), model, new AttentionTokensOptions { Components = [Component] }, [new Prompt(null, tokens)]).Rows<AttentionTokenRow>("attention-tokens")];

        var changed = Rows(before).Zip(Rows(after)).Where(pair => pair.First.V != pair.Second.V);

        Assert.That(found.Rows<DiffCell>("attention-token-diff").Select(row => (row.Layer, row.Head, row.I, row.J, row.Before, (Token?)row.After)), Is.EqualTo(changed.Select(pair => (pair.First.Layer, pair.First.Head, pair.First.I, pair.First.J, pair.First.V, pair.Second.V))));
    }

    [Test]
    public void RandomInputs_AreThoseThatTheDatasetReads()
    {
        var model = CheckpointModels.Get("attn-only-2l");
        var ids = TestRun.Execute(new RandomInputs(), model, new RandomInputsOptions { Kind = RandomInput.Pattern, Count = 2 }, seed: 9).Rows<RandomInputRow>("random-inputs").Select(row => row.Ids);

        var read = TestRun.Execute(new TokensOfAttention(), model, new AttentionTokensOptions { Random = RandomInput.Pattern, Count = 2, Components = [Component], Layer = Selection.Parse("0"), Head = Selection.Parse("0") }, seed: 9)
            .Rows<AttentionTokenRow>("attention-tokens").Where(row => row.J == 0).GroupBy(row => row.Prompt).Select(group => string.Join(',', group.Select(row => row.Input.Id)));

        Assert.That(read, Is.EqualTo(ids));
    }
}
