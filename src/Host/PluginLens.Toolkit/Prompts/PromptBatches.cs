namespace PluginLens.Toolkit;

/// <summary>Runs many prompts: neighbours of equal length together, never padded, in order, with progress and cancellation.</summary>
public static class PromptBatches
{
    /// <summary>One batch after the other, computed as it is asked for, so that rows can be streamed.</summary>
    /// <param name="context">The run.</param>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="hooks">Hook names.</param>
    /// <param name="most">Prompts in a batch, at most.</param>
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
        for (var first = 0; first < prompts.Count;)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(first, prompts.Count, "prompts"));
            var length = prompts[first].Tokens.Length;
            Prompt[] batch = [.. prompts.Skip(first).Take(most).TakeWhile(prompt => prompt.Tokens.Length == length)];
            yield return new PromptBatch(first, batch, model.Run(new ModelInput(Array.ConvertAll(batch, prompt => prompt.Tokens), null), hooks));
            first += batch.Length;
        }
    }
}
