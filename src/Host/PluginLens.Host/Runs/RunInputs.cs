namespace PluginLens.Host;

/// <summary>On what an analysis is to be run, as the user gave it.</summary>
public sealed record RunInputs
{
    private readonly Dictionary<(PromptSource, Model), IReadOnlyList<Prompt>> _read = [];

    /// <summary>Opens the models and computes.</summary>
    public required Engine Engine { get; init; }

    /// <summary>Names or folders of models in order; none = the default model.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Texts, files and ids.</summary>
    public PromptSource Prompts { get; init; } = new();

    /// <summary>Seed of the random source.</summary>
    public int Seed { get; init; }

    /// <summary>What the user typed, for run.json.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>Whether run.json leaves the prompts out; their hash stays.</summary>
    public bool KeepsPromptsPrivate { get; init; }

    /// <summary>Told how far the run is.</summary>
    public IProgress<Progress> Progress { get; init; } = new NoProgress();

    /// <summary>The models, open; at least one.</summary>
    public IReadOnlyList<Model> OpenModels() => Models.Count == 0 ? [Engine.Open(null)] : [.. Models.Select(Engine.Open)];

    /// <summary>The prompts as a model reads them; read once, however many analyses ask.</summary>
    /// <param name="model">One of the models.</param>
    public IReadOnlyList<Prompt> PromptsOf(Model model) =>
        _read.TryGetValue((Prompts, model), out var prompts) ? prompts : _read[(Prompts, model)] = PromptReader.Read(Again(), model, Progress, Engine.Cancellation);

    /// <summary>What another model, or another process, is to read: standard input gives its texts once, so they come from the model before.</summary>
    public PromptSource Again() => Prompts.Files.Contains(TextFile.StandardInput) && _read.Where(read => read.Key.Item1 == Prompts).Select(read => read.Value).FirstOrDefault() is { } before
        ? Prompts with { Texts = [], Files = [], Ids = [], Recorded = [.. before.Select(RecordedPrompt.Of)] }
        : Prompts;

    private sealed class NoProgress : IProgress<Progress>
    {
        public void Report(Progress value)
        {
        }
    }
}
