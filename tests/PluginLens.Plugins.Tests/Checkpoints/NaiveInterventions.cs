using System.Collections.Concurrent;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Passes with changed activations, one at a time from the tokens on: each hook is computed under the changes before it, changed as a whole, and fed.</summary>
internal static class NaiveInterventions
{
    private static readonly ConcurrentDictionary<Model, IReadOnlyList<(int, string)>> Names = [];

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

    /// <summary>Some tokens that an option can name, with their names.</summary>
    public static IReadOnlyList<(int Id, string Text)> Tokens(Model model) => Names.GetOrAdd(model, _ => model.Tokenizer is null
        ? [.. Enumerable.Range(0, 40).Select(id => (id, $"[{id}]"))]
        : [.. Enumerable.Range(0, model.Config.DVocab).Select(id => model.Tokenizer.Text(id).Trim()).Where(word => word.Length > 0 && word.All(char.IsAsciiLetter)).Distinct()
            .Select(word => (Id: Read(model, word), word)).Where(named => named.Id is not null).Take(40).Select(named => (named.Id!.Value, named.word))]);

    private static int? Read(Model model, string text)
    {
        try
        {
            return OneToken.Of(model, "--token", text);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    /// <summary>Logarithms of probabilities.</summary>
    public static double[] LogSoftmax(double[] logits)
    {
        var most = logits.Max();
        var sum = Math.Log(logits.Sum(logit => Math.Exp(logit - most)));
        return [.. logits.Select(logit => logit - most - sum)];
    }

    /// <summary>The place of the largest; of equal ones the first.</summary>
    public static int Best(double[] logits) => Array.IndexOf(logits, logits.Max());
}
