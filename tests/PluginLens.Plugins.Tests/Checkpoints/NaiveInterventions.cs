namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Passes with changed activations, one at a time from the tokens on: each hook is computed under the changes before it, changed as a whole, and fed.</summary>
internal static class NaiveInterventions
{
    /// <summary>Logits of a prompt, <c>[pos][V]</c>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="changes">Hooks in the order in which the model computes them, and what becomes of their values (batch of one, row-major).</param>
    public static double[][] Logits(Model model, int[] tokens, params IEnumerable<(string Hook, Action<float[]> Change)> changes)
    {
        var fed = new Dictionary<string, Tensor>();
        foreach (var (hook, change) in changes)
        {
            var computed = model.Run(new ModelInput(tokens) { Replace = fed.ToDictionary() }, [hook])[hook];
            var values = computed.Data.ToArray();
            change(values);
            fed[hook] = new Tensor(hook, values, [.. computed.Shape]);
        }

        var logits = model.Run(new ModelInput(tokens) { Replace = fed }, ["logits"])["logits"][0].AsMatrix();
        return [.. Enumerable.Range(0, tokens.Length).Select(position => Array.ConvertAll(logits.Row(position).ToArray(), logit => (double)logit))];
    }

    /// <summary>The first token from an id on that an option can name, and its name.</summary>
    public static (int Id, string Text) Token(Model model, int from)
    {
        for (var id = from; ; id++)
        {
            var text = model.Tokenizer is null ? $"[{id}]" : model.Tokenizer.Text(id);
            try
            {
                if (text.Trim().Length > 0 && OneToken.Of(model, "--token", text) == id)
                {
                    return (id, text);
                }
            }
            catch (UsageException)
            {
                // The next one, then.
            }
        }
    }

    /// <summary>Logarithms of probabilities.</summary>
    public static double[] LogSoftmax(double[] logits)
    {
        var sum = Math.Log(logits.Sum(logit => Math.Exp(logit - logits.Max())));
        return [.. logits.Select(logit => logit - logits.Max() - sum)];
    }

    /// <summary>The place of the largest; of equal ones the first.</summary>
    public static int Best(double[] logits) => Array.IndexOf(logits, logits.Max());
}
