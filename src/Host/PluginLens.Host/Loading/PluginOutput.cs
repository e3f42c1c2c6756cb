namespace PluginLens.Host;

/// <summary>
/// While a plugin's code runs, what it prints goes to standard error: standard output belongs to the result, which may be CSV or JSON. This catches whatever goes
/// through <see cref="Console.Out"/>, on any thread; a stream that a plugin opens for itself, or native code, goes past it.
/// </summary>
internal sealed class PluginOutput : IDisposable
{
    private readonly TextWriter _output = Console.Out;
    private readonly TextWriter _errors = Console.Error;

    /// <summary>From now on.</summary>
    public PluginOutput() => Console.SetOut(Console.Error);

    /// <summary>As before.</summary>
    public void Dispose()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
    }
}
