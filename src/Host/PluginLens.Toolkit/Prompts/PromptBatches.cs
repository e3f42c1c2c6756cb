using System.Globalization;

namespace PluginLens.Toolkit;

/// <summary>
/// Runs many prompts: those of equal length together, as far as they stand near each other, never padded, handed over in order, with progress and cancellation. As many batches run at
/// once as there are threads; what comes out does not depend on that.
/// </summary>
public static class PromptBatches
{
    /// <summary>How far prompts are looked through for others of equal length, in batches.</summary>
    private const int BatchesAhead = 8;

    /// <summary>What the activations of prompts may weigh that wait for one before them.</summary>
    private const long MostBytes = 1L << 28;

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
        var lengths = new int[prompts.Count];
        foreach (var (index, prompt) in prompts.Index())
        {
            lengths[index] = prompt.Tokens.Length;
            if (lengths[index] == 0 || lengths[index] > model.Config.NCtx)
            {
                throw new UsageException($"Prompt {index} has {lengths[index]} tokens; model '{model.Config.Name}' reads 1 to {model.Config.NCtx}.");
            }
        }

        var batches = Together(lengths, most, length => Bytes(model, hooks, length));
        return InTurn(context, prompts.Count, Batches(context, model, prompts, hooks, batches, lengths));
    }

    // Indices of the prompts of each batch, in the order of their first.
    private static List<int[]> Together(int[] lengths, int most, Func<int, long> bytes)
    {
        var batches = new List<int[]>();
        for (int start = 0, end; start < lengths.Length; start = end)
        {
            end = start + 1;
            for (var weight = bytes(lengths[start]); most > 1 && end < lengths.Length && end - start < most * BatchesAhead && (weight += bytes(lengths[end])) <= MostBytes; end++)
            {
            }

            batches.AddRange(Enumerable.Range(start, end - start).GroupBy(at => lengths[at]).SelectMany(group => group.Chunk(most)).OrderBy(batch => batch[0]));
        }

        return batches;
    }

    private static IEnumerable<(int[] Indices, PromptBatch Batch)> Batches(AnalysisContext context, Model model, IReadOnlyList<Prompt> prompts, IReadOnlyCollection<string> hooks, List<int[]> batches, int[] lengths) =>
        InOrder.Of(
            context,
            batches.Count,
            at =>
            {
                // Where prompts lie in a file, only those under way are in memory.
                Prompt[] together = [.. batches[at].Select(index => prompts[index])];
                return (batches[at], new PromptBatch(batches[at][0], together, model.Run(new ModelInput(Array.ConvertAll(together, prompt => prompt.Tokens), null), hooks)));
            },
            at => batches[at].Length * Bytes(model, hooks, lengths[batches[at][0]]));

    // Neighbours stay together; one that ran before its turn waits.
    private static IEnumerable<PromptBatch> InTurn(AnalysisContext context, int count, IEnumerable<(int[] Indices, PromptBatch Batch)> batches)
    {
        var waiting = new Dictionary<int, PromptBatch>();
        var next = 0;
        foreach (var (indices, batch) in batches)
        {
            if (indices[0] == next && indices[^1] - next == indices.Length - 1)
            {
                context.Progress.Report(new Progress(next, count, "prompts"));
                next += indices.Length;
                yield return batch;
            }
            else
            {
                foreach (var (row, index) in indices.Index())
                {
                    waiting[index] = batch.Alone(row, index);
                }
            }

            for (; waiting.Remove(next, out var alone); next++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(next, count, "prompts"));
                yield return alone;
            }
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
