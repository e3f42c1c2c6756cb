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
        var batches = new List<(int First, int Count, int Length)>();
        foreach (var (index, prompt) in prompts.Index())
        {
            var length = prompt.Tokens.Length;
            if (length == 0 || length > model.Config.NCtx)
            {
                throw new UsageException($"Prompt {index} has {length} tokens; model '{model.Config.Name}' reads 1 to {model.Config.NCtx}.");
            }

            if (batches is [.., var last] && last.Length == length && last.Count < most)
            {
                batches[^1] = last with { Count = last.Count + 1 };
            }
            else
            {
                batches.Add((index, 1, length));
            }
        }

        return Batches(context, model, prompts, hooks, batches);
    }

    private static IEnumerable<PromptBatch> Batches(AnalysisContext context, Model model, IReadOnlyList<Prompt> prompts, IReadOnlyCollection<string> hooks, List<(int First, int Count, int Length)> batches)
    {
        // Where prompts lie in a file, only those under way are in memory.
        var runs = InOrder.Of(
            context,
            batches.Count,
            at =>
            {
                Prompt[] together = [.. Enumerable.Range(batches[at].First, batches[at].Count).Select(index => prompts[index])];
                return new PromptBatch(batches[at].First, together, model.Run(new ModelInput(Array.ConvertAll(together, prompt => prompt.Tokens), null), hooks));
            },
            at => batches[at].Count * Bytes(model, hooks, batches[at].Length));
        foreach (var batch in runs)
        {
            context.Progress.Report(new Progress(batch.First, prompts.Count, "prompts"));
            yield return batch;
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
