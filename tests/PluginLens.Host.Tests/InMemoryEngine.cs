using PluginLens.Numerics;

namespace PluginLens.Host.Tests;

/// <summary>Models made in memory, named by their place: 0, 1, 2.</summary>
internal sealed class InMemoryEngine(Model[] models, CancellationToken cancellation) : Engine(cancellation)
{
    public override Compute Compute { get; } = new CpuCompute(threads: 1, cancellation);

    /// <summary>How often a model was asked for.</summary>
    public int Opened { get; private set; }

    public static RunInputs Inputs(Model[] models, CancellationToken cancellation = default) => new()
    {
        Engine = new InMemoryEngine(models, cancellation),
        Models = [.. models.Select((_, index) => $"{index}")],
    };

    public override Model Open(string? name)
    {
        Opened++;
        return models[int.Parse(name ?? "0")];
    }
}
