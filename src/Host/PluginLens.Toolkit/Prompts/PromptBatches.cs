using System.Globalization;

namespace PluginLens.Toolkit;

/// <summary>
/// Runs many prompts: neighbours of equal length together, never padded, in order, with progress and cancellation. As many batches run at once as there are
/// threads; what comes out does not depend on that.
/// </summary>
public static class PromptBatches
{
    /// <summary>One batch after the other, computed little before it is asked for, so that rows can be streamed.</summary>
    /// <param name="context">The run.</param>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="hooks">Hook names.</param>
    /// <param name="most">Prompts in a batch, at most; 1 where a prompt's numbers must not depend on its neighbours to the last bit.</param>
    /// <exception cref="UsageException">A prompt is empty or longer than the model reads; said before anything runs.</exception>
    public static IEnumerable<PromptBatch> Run(AnalysisContext context, Model model, IReadOnlyList<Prompt> prompts, IReadOnlyCollection<string> hooks, int most = 16)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        foreach (var (index, prompt) in prompts.Index())
        {
            if (prompt.Tokens.Length == 0 || prompt.Tokens.Length > model.Config.NCtx)
            {
                throw new UsageException($"Prompt {index} has {prompt.Tokens.Length} tokens; model '{model.Config.Name}' reads 1 to {model.Config.NCtx}.");
            }
        }

        return Batches(context, model, prompts, hooks, most);
    }

    private static IEnumerable<PromptBatch> Batches(AnalysisContext context, Model model, IReadOnlyList<Prompt> prompts, IReadOnlyCollection<string> hooks, int most)
    {
        var batches = new List<(int First, Prompt[] Prompts)>();
        for (var first = 0; first < prompts.Count; first += batches[^1].Prompts.Length)
        {
            var length = prompts[first].Tokens.Length;
            batches.Add((first, [.. prompts.Skip(first).Take(most).TakeWhile(prompt => prompt.Tokens.Length == length)]));
        }

        var runs = InOrder.Of(
            context,
            batches.Count,
            at => model.Run(new ModelInput(Array.ConvertAll(batches[at].Prompts, prompt => prompt.Tokens), null), hooks),
            at => batches[at].Prompts.Length * Bytes(model, hooks, batches[at].Prompts[0].Tokens.Length));
        foreach (var (at, run) in runs.Index())
        {
            context.Progress.Report(new Progress(batches[at].First, prompts.Count, "prompts"));
            yield return new PromptBatch(batches[at].First, batches[at].Prompts, run);
        }
    }

    /// <summary>What the activations of one prompt weigh.</summary>
    private static long Bytes(Model model, IReadOnlyCollection<string> hooks, int length)
    {
        var numbers = 0.0;
        foreach (var hook in hooks)
        {
            numbers += model.Hooks.TryGetValue(hook, out var shape)
                ? shape.Aggregate(1.0, (size, extent) => size * (extent is "pos" or "key_pos" ? length : int.TryParse(extent, CultureInfo.InvariantCulture, out var fixedSize) ? fixedSize : 1))
                : 0;
        }

        return (long)(sizeof(float) * numbers);
    }
}
