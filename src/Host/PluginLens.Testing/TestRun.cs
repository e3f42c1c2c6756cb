using System.Reflection;
using PluginLens.Numerics;

namespace PluginLens.Testing;

/// <summary>Runs an analysis without the host: no folders, no loading, no command line.</summary>
public static class TestRun
{
    /// <summary>
    /// Runs an analysis to its end; what it throws comes through. A table that a class with <see cref="AnalysisAttribute"/> fills and does not declare with
    /// <see cref="WritesAttribute"/> is an error.
    /// </summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Its options record; null = the defaults.</param>
    /// <param name="prompts">Prompts or labelled rows.</param>
    /// <param name="secondModel">For two-model analyses.</param>
    /// <param name="compute">The compute service; null = the processor's.</param>
    /// <param name="seed">Seed of the random source.</param>
    /// <param name="thirdModel">For the few analyses that read three models.</param>
    /// <param name="cancellation">Stops it.</param>
    public static CollectedResults Execute(
        IAnalysis analysis,
        Model model,
        object? options = null,
        IReadOnlyList<Prompt>? prompts = null,
        Model? secondModel = null,
        Compute? compute = null,
        int seed = 0,
        Model? thirdModel = null,
        CancellationToken cancellation = default)
    {
        var results = new CollectedResults();
        analysis.Run(Context(results, [model, secondModel, thirdModel], options, prompts, compute, seed, cancellation));
        CheckDeclared(analysis.GetType(), results);
        return results;
    }

    /// <summary>What an analysis says that a run would cost; null where it cannot say.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Its options record; null = the defaults.</param>
    /// <param name="prompts">Prompts or labelled rows.</param>
    /// <param name="secondModel">For two-model analyses.</param>
    /// <param name="compute">The compute service; null = the processor's.</param>
    /// <param name="thirdModel">For the few analyses that read three models.</param>
    public static Cost? Plan(
        IAnalysis analysis, Model model, object? options = null, IReadOnlyList<Prompt>? prompts = null, Model? secondModel = null, Compute? compute = null, Model? thirdModel = null) =>
        (analysis as IPlanned)?.Plan(Context(new CollectedResults(), [model, secondModel, thirdModel], options, prompts, compute));

    private static AnalysisContext Context(
        CollectedResults results, Model?[] models, object? options, IReadOnlyList<Prompt>? prompts, Compute? compute, int seed = 0, CancellationToken cancellation = default) => new()
        {
            Models = [.. models.OfType<Model>()],
            Prompts = prompts ?? [],
            Options = options,
            Compute = compute ?? new CpuCompute(cancellation: cancellation),
            Results = results,
            Seed = seed,
            Cancellation = cancellation,
        };

    /// <summary>A prompt of a model with a tokenizer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="label">Its label, or null.</param>
    public static Prompt Prompt(Model model, string text, string? label = null) =>
        new(text, model.Tokenizer!.Encode(text, addSpecial: true), label);

    private static void CheckDeclared(Type analysis, CollectedResults results)
    {
        if (analysis.GetCustomAttribute<AnalysisAttribute>() is null)
        {
            return;
        }

        var declared = analysis.GetCustomAttributes<WritesAttribute>(inherit: true).Select(writes => (writes.Table, writes.Row)).ToHashSet();
        foreach (var (table, row) in results.RowTypes)
        {
            if (!declared.Contains((table, row)))
            {
                throw new InvalidOperationException($"{analysis.Name} fills table '{table}' and does not declare it; add [Writes(\"{table}\", typeof({row.Name}))] to the class.");
            }
        }
    }
}
