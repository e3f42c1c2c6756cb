namespace PluginLens.Models.Verification.Published;

/// <summary>What heads look for from the last token of a prompt: ln_final(h W_Q W_Kᵀ), without biases and ln1; h raw, or from layer 1 on through ln_final too.</summary>
internal sealed class ContextPatterns(ContextPatternsData data) : PublishedCheck
{
    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var states = States(model);
        var patterns = new float[data.Rows.Length * model.Config.DModel];
        foreach (var (at, row) in data.Rows.Index())
        {
            var pattern = Rows.Pattern(model, row.Layer, row.Head, states[row.Layer]);
            Float64.Norm(model, "ln_final", pattern);
            Rows.Narrow(pattern).CopyTo(patterns, at * pattern.Length);
        }

        var matrix = new Matrix(patterns, data.Rows.Length, model.Config.DModel);
        var ids = Rows.Ids(model, id => Rows.Shown(model.Tokenizer!.Piece(id)));
        var name = $"patterns in \"{data.Prompt.Trim()}\"{(data.NormsStates ? ", states normed, BPE filter" : string.Empty)}";
        yield return new PatternRows(model, data.Rows, 2e-5).Compare(name, "A4", compute, matrix, ids, data.OnlyRoundTrip ? Rows.RoundTrips(model) : null);
    }

    /// <summary>The last position before each block.</summary>
    private double[][] States(Model model)
    {
        var hooks = Enumerable.Range(0, model.Config.NLayers).Select(layer => $"blocks.{layer}.hook_resid_pre").ToArray();
        var run = model.Run(new ModelInput(model.Tokenizer!.Encode(data.Prompt)), hooks);
        var states = Array.ConvertAll(hooks, hook => Rows.Wide(run[hook].Span[^model.Config.DModel..]));
        foreach (var state in data.NormsStates ? states[1..] : [])
        {
            Float64.Norm(model, "ln_final", state);
        }

        return states;
    }
}

/// <summary>Published: one list for each head; whether the states were normed, and whether only tokens that survive a round trip were listed.</summary>
internal sealed record ContextPatternsData(string Prompt, bool NormsStates, bool OnlyRoundTrip, PatternRow[] Rows);
