namespace PluginLens.Models.Verification.Published;

/// <summary>b_U + β_final W_U, centred over the vocabulary: the words that a model favours without any context.</summary>
internal sealed class VocabularyBias(VocabularyBiasData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var bias = Bias(model);
        var sorted = bias.OrderDescending().ToArray();
        var ids = Rows.Ids(model, id => model.Token(id).Text);
        double Of(string token) => ids.TryGetValue(token, out var id) ? bias[id] : double.PositiveInfinity;
        var top = data.Top.Select((entry, rank) => Math.Max(Math.Abs(Of(entry.Token) - entry.Value), Math.Abs(sorted[rank] - entry.Value)));
        yield return ModelCheck.Within("vocabulary bias, top", top.Max(), 0.0051, $"{data.Top.Length} tokens and values, two digits (A11)");
        var bottom = data.Bottom.Select((value, rank) => Math.Abs(sorted[sorted.Length - data.Bottom.Length + rank] - value));
        yield return ModelCheck.Within("vocabulary bias, bottom", bottom.Max(), 0.0051, $"{data.Bottom.Length} values, two digits (A11)");
        if (data.BottomTokens.Length > 0)
        {
            // Most of them are control characters: one line, without their text.
            var named = data.BottomTokens.Max(entry => Math.Abs(Of(entry.Token) - entry.Value));
            yield return ModelCheck.Within("vocabulary bias of tokens from the bottom", named, 0.0051, $"{data.BottomTokens.Length} tokens whose text is unique, two digits (A11)");
        }

        foreach (var entry in data.Tokens)
        {
            yield return ModelCheck.Within($"vocabulary bias of '{entry.Token}'", Math.Abs(Of(entry.Token) - entry.Value), 0.0002, $"found {Of(entry.Token):0.0000}, published {entry.Value} (A11)");
        }
    }

    private static double[] Bias(Model model)
    {
        var bias = new double[model.Config.DVocab];
        if (model.HasWeight("unembed.b_U"))
        {
            Float64.Add(model.Weight("unembed.b_U").Span, bias);
        }

        if (model.HasWeight("ln_final.b"))
        {
            Float64.AddProduct(model.Weight("ln_final.b").Span, model.WU, bias);
        }

        var mean = bias.Average();
        return Array.ConvertAll(bias, value => value - mean);
    }
}

/// <summary>Published: tokens and values from the top, values from the bottom in falling order and the tokens among them that can be told by their text, and single tokens.</summary>
internal sealed record VocabularyBiasData(TokenValue[] Top, double[] Bottom, TokenValue[] BottomTokens, TokenValue[] Tokens);

/// <summary>A decoded token and its value.</summary>
internal sealed record TokenValue(string Token, double Value);
