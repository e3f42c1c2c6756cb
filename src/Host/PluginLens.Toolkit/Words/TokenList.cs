namespace PluginLens.Toolkit;

/// <summary>The words of one vector, best first.</summary>
/// <param name="Ids">Token ids, <c>[k]</c> or fewer.</param>
/// <param name="Scores">Their scores.</param>
public sealed record TokenList(int[] Ids, double[] Scores)
{
    /// <summary>The words as text, best first, without the spaces around them: <c>player, team, ball</c>.</summary>
    /// <param name="model">The model whose tokens they are.</param>
    public string Text(Model model) => string.Join(", ", Ids.Select(id => model.Token(id).Text).Select(text => WhiteSpace.Strip(text) is { Length: > 0 } word ? word : text));

    /// <summary>
    /// Lists from a pool: walks down the best of each row and takes the first k that pass, so fewer than k may be left. The originals filter
    /// this way (<c>--pool</c>); a filter before the selection leaves none short.
    /// </summary>
    /// <param name="pool">The best of each row, unfiltered.</param>
    /// <param name="keep">Tokens that pass, <c>[V]</c>; null = all.</param>
    /// <param name="k">Tokens per list.</param>
    public static TokenList[] FromPool(RowTopK pool, bool[]? keep, int k)
    {
        var lists = new TokenList[pool.Rows];
        for (var row = 0; row < lists.Length; row++)
        {
            var (ids, scores) = (pool.IdsOf(row).ToArray(), pool.ScoresOf(row).ToArray());
            int[] chosen = [.. Enumerable.Range(0, ids.Length).Where(at => keep?[ids[at]] != false).Take(k)];
            lists[row] = new TokenList(Array.ConvertAll(chosen, at => ids[at]), Array.ConvertAll(chosen, at => scores[at]));
        }

        return lists;
    }
}
