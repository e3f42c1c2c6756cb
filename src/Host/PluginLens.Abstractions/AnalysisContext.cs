namespace PluginLens;

/// <summary>Everything that one run of an analysis gets. Pull by name; nothing here is static.</summary>
public sealed class AnalysisContext
{
    /// <summary>Every model in the order of <c>--model</c>; at least one.</summary>
    public required IReadOnlyList<Model> Models { get; init; }

    /// <summary>The model: the first of <see cref="Models"/>.</summary>
    public Model Model => Models[0];

    /// <summary>The second model of a two-model analysis (second <c>--model</c>), or null.</summary>
    public Model? SecondModel => Models.Count > 1 ? Models[1] : null;

    /// <summary>Prompts or rows of a dataset; empty when none were given.</summary>
    public IReadOnlyList<Prompt> Prompts { get; init; } = [];

    /// <summary>
    /// How many of <see cref="Prompts"/>, from the first, an earlier run that broke off finished: their rows stand in the tables and are not added again. 0 unless the run
    /// was taken up again, which only analyses with <see cref="ResumableAttribute"/> are.
    /// </summary>
    public int PromptsDone { get; init; }

    /// <summary>The bound options record; null for an analysis without options.</summary>
    public object? Options { get; init; }

    /// <summary>Heavy linear algebra.</summary>
    public required Compute Compute { get; init; }

    /// <summary>Vocabulary lists that were computed before.</summary>
    public TopKCache Cache { get; init; } = new();

    /// <summary>Where tables, figures and notes go.</summary>
    public required Results Results { get; init; }

    /// <summary>Tell how far you are; cheap, call it often.</summary>
    public IProgress<Progress> Progress { get; init; } = new Progress<Progress>();

    /// <summary>Set by Ctrl-C; rows added before stay.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Seed of <see cref="Random"/>, as in the provenance.</summary>
    public int Seed { get; init; }

    /// <summary>A source of random numbers seeded with <see cref="Seed"/>.</summary>
    public Random Random => field ??= new Random(Seed);

    /// <summary>The second model, or a one-line error that says how to give one.</summary>
    public Model RequireSecondModel() =>
        SecondModel ?? throw new UsageException("This analysis compares two models; give --model twice.");

    /// <summary>The prompts, or a one-line error that says how to give some.</summary>
    public IReadOnlyList<Prompt> RequirePrompts() => Prompts.Count > 0
        ? Prompts
        : throw new UsageException("This analysis needs text; give --prompt TEXT, --prompts FILE or --ids 1,2,3.");

    /// <summary>The options as their record.</summary>
    /// <typeparam name="T">The options record of the analysis.</typeparam>
    public T OptionsAs<T>()
        where T : class, new() => Options switch
        {
            null => new T(),
            T options => options,
            _ => throw new InvalidOperationException($"Expected options of type {typeof(T).Name}, found {Options.GetType().Name}."),
        };
}
