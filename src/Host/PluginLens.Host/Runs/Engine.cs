namespace PluginLens.Host;

/// <summary>Opens models and computes. The host knows neither model files nor kernels: the command line wires them in.</summary>
/// <param name="cancellation">Set by Ctrl-C; stops forward passes, products and the analysis.</param>
public abstract class Engine(CancellationToken cancellation) : IDisposable
{
    /// <summary>Set by Ctrl-C; stops forward passes, products and the analysis.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Heavy linear algebra.</summary>
    public abstract Compute Compute { get; }

    /// <summary>Vocabulary lists computed before.</summary>
    public virtual TopKCache Cache { get; } = new();

    /// <summary>The device in use and, where another was asked for, why; known after a run.</summary>
    public virtual (string Device, string? Reason) DeviceUsed => ("cpu", null);

    /// <summary>A run begins: what runs before it used is theirs.</summary>
    public virtual void BeginRun()
    {
    }

    /// <summary>Why what a run computed cannot be vouched for although nothing failed: a model's files were changed meanwhile. Null where it can.</summary>
    public virtual string? Changed => null;

    /// <summary>A model, open until the engine is disposed; the same name again is the same model.</summary>
    /// <param name="name">As the user wrote it; null = the default model.</param>
    public abstract Model Open(string? name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the models.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
