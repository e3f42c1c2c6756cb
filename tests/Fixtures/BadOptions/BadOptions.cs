namespace PluginLens.Fixtures;

[Analysis("good-options", "Good options", Answers = "Which options are sound.")]
public sealed class GoodOptionsAnalysis : NoWork<GoodOptions>
{
}

[Analysis("takes-model", "Takes --model", Answers = "Nothing.")]
public sealed class TakesModel : Analysis<ModelOptions>
{
    protected override void Run(AnalysisContext context, ModelOptions options)
    {
    }
}

[Analysis("low-default", "A default below the least", Answers = "Nothing.")]
public sealed class LowDefault : Analysis<LowDefaultOptions>
{
    protected override void Run(AnalysisContext context, LowDefaultOptions options)
    {
    }
}

[Analysis("no-default", "No default, which is zero", Answers = "Nothing.")]
public sealed class NoDefault : Analysis<NoDefaultOptions>
{
    protected override void Run(AnalysisContext context, NoDefaultOptions options)
    {
    }
}

[Analysis("no-parser", "An option that no text becomes", Answers = "Nothing.")]
public sealed class NoParser : Analysis<NoParserOptions>
{
    protected override void Run(AnalysisContext context, NoParserOptions options)
    {
    }
}

[Analysis("own-type", "An option of a type of the plugin", Answers = "Nothing.")]
public sealed class OwnType : Analysis<OwnTypeOptions>
{
    protected override void Run(AnalysisContext context, OwnTypeOptions options)
    {
    }
}

/// <summary>Metadata do not tell: the default is computed.</summary>
[Analysis("computed-default", "A computed default below the least", Answers = "Nothing.")]
public sealed class ComputedDefault : Analysis<ComputedDefaultOptions>
{
    protected override void Run(AnalysisContext context, ComputedDefaultOptions options)
    {
    }
}

/// <summary>Metadata do not tell: the options are an argument of a base class of the plugin's own.</summary>
[Analysis("generic-base", "Takes --seed by way of a generic base class", Answers = "Nothing.")]
public sealed class GenericBase : NoWork<SeedOptions>
{
}

public abstract class NoWork<T> : Analysis<T>
    where T : class, new()
{
    protected override void Run(AnalysisContext context, T options)
    {
    }
}

public enum Shade
{
    Red,
    Blue,
}

public sealed record GoodOptions : TokenFilter
{
    [AtLeast(1)]
    public int K { get; init; } = 20;

    [AtLeast(-1)]
    public long Far { get; init; } = -1;

    [AtLeast(0.5)]
    public double? Share { get; init; }

    [AtLeast(0.25)]
    public float? Part { get; init; } = 0.5f;

    [AtLeast(0)]
    public int Zero { get; init; }

    [AtLeast(1000)]
    public double Large { get; init; } = 100_000;

    public Shade Shade { get; init; }

    public Selection Layer { get; init; } = Selection.All;

    [AtLeast(1)]
    public IReadOnlyList<int> Several { get; init; } = [1, 2];

    public DateOnly? Date { get; init; }
}

public record ModelOptions
{
    public string Model { get; init; } = string.Empty;
}

public sealed record LowDefaultOptions
{
    [AtLeast(1)]
    public int K { get; init; } = -2;
}

public sealed record NoDefaultOptions
{
    [AtLeast(1)]
    public int K { get; init; }
}

public sealed record NoParserOptions
{
    public Dictionary<string, int> Weights { get; init; } = [];
}

public sealed record OwnTypeOptions
{
    public ModelOptions? Inner { get; init; }
}

public sealed record ComputedDefaultOptions
{
    [AtLeast(1)]
    public int K { get; init; } = Math.Min(0, Environment.ProcessorCount);
}

public sealed record SeedOptions
{
    public int Seed { get; init; }
}
