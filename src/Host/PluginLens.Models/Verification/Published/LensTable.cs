namespace PluginLens.Models.Verification.Published;

/// <summary>The logit lens on the last token: the nearest words before each block and at the end, and the score of the word predicted at last.</summary>
internal sealed class LensTable(LensTableData data) : PublishedCheck
{
    private const double Tolerance = 0.0025;

    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var name = $"lens on \"{data.Prompt.Trim()}\"{(data.RawFirst ? ", first state raw" : string.Empty)}";
        var states = States(model);
        var ids = Rows.Ids(model, id => Rows.Shown(model.Tokenizer!.Piece(id)));
        var top = compute.TopRows(states, model.WU.Transpose(), new RowQuery { K = data.Layers[0].Dots.Length });
        double words = 0, ranks = 0, predicted = 0;
        var final = model.Tokenizer!.Encode(data.Predicted)[0];
        for (var layer = 0; layer < data.Layers.Length; layer++)
        {
            predicted = Math.Max(predicted, Math.Abs(Dot(model, states, layer, final) - data.PredictedDots[layer]));
            foreach (var (rank, token) in data.Layers[layer].Tokens.Index())
            {
                var published = data.Layers[layer].Dots[rank];
                words = Math.Max(words, ids.TryGetValue(token, out var id) ? Math.Abs(Dot(model, states, layer, id) - published) : double.PositiveInfinity);
                ranks = Math.Max(ranks, Math.Abs(top.ScoresOf(layer)[rank] - published));
            }
        }

        yield return ModelCheck.Within($"{name}: scores of the published words", words, Tolerance, $"{data.Layers.Length} states, {top.K} words each, three digits (A3)");
        yield return ModelCheck.Within($"{name}: scores by rank", ranks, Tolerance, "so the published words are the nearest ones (A3)");
        yield return ModelCheck.Within($"{name}: score of '{data.Predicted}'", predicted, Tolerance, $"{data.Layers.Length} states, three digits (A3)");
        yield return ModelCheck.Of($"{name}: prediction", top.IdsOf(states.Rows - 1)[0] == final, $"found '{model.Token(top.IdsOf(states.Rows - 1)[0]).Text}', published '{data.Predicted}' (A3)");
    }

    /// <summary>States of the last position, normed: <c>(n_layers + 1) x d_model</c>.</summary>
    private Matrix States(Model model)
    {
        var layers = model.Config.NLayers;
        string[] hooks = [.. Enumerable.Range(0, layers).Select(layer => $"blocks.{layer}.hook_resid_pre"), $"blocks.{layers - 1}.hook_resid_post"];
        var run = model.Run(new ModelInput(model.Tokenizer!.Encode(data.Prompt)), hooks);
        var width = model.Config.DModel;
        var states = new float[hooks.Length * width];
        foreach (var (at, hook) in hooks.Index())
        {
            var row = Rows.Wide(run[hook].Span[^width..]);
            if (at > 0 || !data.RawFirst)
            {
                Float64.Norm(model, "ln_final", row);
            }

            Rows.Narrow(row).CopyTo(states, at * width);
        }

        return new Matrix(states, hooks.Length, width);
    }

    private static double Dot(Model model, Matrix states, int layer, int token)
    {
        var (sum, column) = (0.0, model.WU);
        var state = states.Row(layer);
        for (var at = 0; at < state.Length; at++)
        {
            sum += (double)state[at] * column.Data.Span[(at * column.RowStride) + (token * column.ColumnStride)];
        }

        return sum;
    }
}

/// <summary>Published: words and scores before each block and at the end, or before each block alone.</summary>
internal sealed record LensTableData(string Prompt, bool RawFirst, string Predicted, double[] PredictedDots, LensLayer[] Layers);

/// <summary>The nearest words of one state.</summary>
internal sealed record LensLayer(string[] Tokens, double[] Dots);
