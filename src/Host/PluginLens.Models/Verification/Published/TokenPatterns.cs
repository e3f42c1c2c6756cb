using System.Numerics.Tensors;

namespace PluginLens.Models.Verification.Published;

/// <summary>
/// The words next to a token's pattern in each head of one layer, the vocabulary through that layer's ln1. The document leaves open whether the pattern is of
/// the token as key or as query, with bias or without, of the normed state or the raw one, and by cosine or product: one reading must give every word in every head.
/// </summary>
internal sealed class TokenPatterns(TokenPatternsData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var name = $"patterns of '{data.Token}' in layer {data.Layer}";
        var prompt = model.Tokenizer!.Encode(data.Prompt);
        var position = model.Tokenizer.Encode(data.Token) is [var token] ? Array.LastIndexOf(prompt, token) : -1;
        if (position < 0)
        {
            yield return ModelCheck.Of(name, false, $"the tokenizer finds no single token '{data.Token}' in the prompt \"{data.Prompt}\" (A9)");
            yield break;
        }

        var hook = $"blocks.{data.Layer}.hook_resid_pre";
        var raw = Rows.Wide(model.Run(new ModelInput(prompt), [hook])[hook][0].AsMatrix().Row(position));
        var normed = raw.ToArray();
        Float64.Norm(model, Ln1, normed);
        var readings = (from isKey in (bool[])[true, false] from hasBias in (bool[])[true, false] from isNormed in (bool[])[true, false] select (isKey, hasBias, isNormed)).ToArray();
        var patterns = readings.SelectMany(reading => data.Heads.Select(row => Pattern(model, row.Head, reading.isNormed ? normed : raw, reading.isKey, reading.hasBias))).ToArray();
        var (ids, scores, lengths) = Scores(model, patterns);
        var shown = Enumerable.Range(0, ids.Length).ToLookup(at => WhiteSpace.Strip(model.Tokenizer.Text(ids[at])));
        var counts = new List<(string Reading, int Found)>();
        foreach (var (at, (isKey, hasBias, isNormed)) in readings.Index())
        {
            foreach (var isCosine in (bool[])[true, false])
            {
                var found = data.Heads.Select((row, head) => Found(row.Tokens, scores[(at * data.Heads.Length) + head], isCosine ? lengths : null, shown)).Sum();
                counts.Add(($"{(isKey ? "key" : "query")} side, {(hasBias ? "with" : "no")} bias, {(isNormed ? "normed" : "raw")} state, {(isCosine ? "cosine" : "product")}", found));
            }
        }

        var words = data.Heads.Sum(row => row.Tokens.Length);
        var best = counts.MaxBy(count => count.Found);
        yield return ModelCheck.Within(
            name, words - best.Found, 0, $"published words that are missing from the first of their head, of {words}; {best.Found} found by: {best.Reading}; {counts[0].Found} by: {counts[0].Reading} (A9)");
    }

    private string Ln1 => $"blocks.{data.Layer}.ln1";

    /// <summary>As key: (x W_K + b_K) W_Qᵀ; as query: (x W_Q + b_Q) W_Kᵀ.</summary>
    private double[] Pattern(Model model, int head, double[] x, bool isKey, bool hasBias)
    {
        var (first, second) = (model.WQ(data.Layer, head), model.WK(data.Layer, head));
        (first, second) = isKey ? (second, first) : (first, second);
        var (projected, pattern) = (new double[first.Columns], new double[model.Config.DModel]);
        Float64.AddProduct(x, first, projected);
        var bias = $"blocks.{data.Layer}.attn.{(isKey ? "b_K" : "b_Q")}";
        if (hasBias && model.HasWeight(bias))
        {
            Float64.Add(model.Weight(bias).AsMatrix().Row(head), projected);
        }

        Float64.AddProduct(projected, second.Transpose(), pattern);
        return pattern;
    }

    /// <summary>Products of every pattern with every token that survives a round trip, and the tokens' lengths after ln1; one token at a time.</summary>
    private (int[] Ids, double[][] Scores, double[] Lengths) Scores(Model model, double[][] patterns)
    {
        var keep = Rows.RoundTrips(model);
        var ids = Enumerable.Range(0, keep.Length).Where(id => keep[id]).ToArray();
        var scores = Array.ConvertAll(patterns, _ => new double[ids.Length]);
        var lengths = new double[ids.Length];
        foreach (var (at, id) in ids.Index())
        {
            var row = Rows.Wide(model.WE.Row(id));
            Float64.Norm(model, Ln1, row);
            lengths[at] = TensorPrimitives.Norm<double>(row);
            for (var pattern = 0; pattern < patterns.Length; pattern++)
            {
                scores[pattern][at] = TensorPrimitives.Dot<double>(patterns[pattern], row);
            }
        }

        return (ids, scores, lengths);
    }

    /// <summary>How many words score what the last of as many first entries scores, or more. Tokens that look alike in print count one by one.</summary>
    private static int Found(string[] words, double[] products, double[]? lengths, ILookup<string, int> shown)
    {
        var scores = lengths is null ? products : [.. products.Zip(lengths, (product, length) => product / Math.Max(length, 1e-30))];
        var first = scores.OrderDescending().Take(words.Length).ToArray();
        if (first.Length < words.Length || first[0] == scores.Min())
        {
            return 0;
        }

        var cut = first[^1] - (1e-5 * Math.Abs(first[0]));
        return words.CountBy(word => word).Sum(word => Math.Min(word.Value, shown[word.Key].Count(at => scores[at] >= cut)));
    }
}

/// <summary>Published: a token of a prompt and the words next to its pattern in heads of one layer; heads without a printed list are left out.</summary>
internal sealed record TokenPatternsData(string Prompt, string Token, int Layer, HeadWords[] Heads);

/// <summary>The words of one head.</summary>
internal sealed record HeadWords(int Head, string[] Tokens);
