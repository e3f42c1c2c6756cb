using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>The first Ctrl-C asks to stop, keeps what is finished and says so; the second ends the program, whether a plugin looks or not.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private int _asked;

    /// <summary>Listens from now on.</summary>
    /// <param name="what">What is going on, for who stops it: <c>'ov-pairs'</c>, <c>the import</c>.</param>
    /// <param name="keeps">What stays of it.</param>
    public Interrupt(string what, string keeps = "rows that are finished are kept")
    {
        (What, Keeps) = (what, keeps);
        Console.CancelKeyPress += Stop;
    }

    /// <summary>Whether the user ended the program at once.</summary>
    public static bool Ends { get; private set; }

    /// <summary>What is going on just now.</summary>
    public string What { get; set; }

    /// <summary>Set by the first Ctrl-C.</summary>
    public CancellationToken Token => _source.Token;

    private string Keeps { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= Stop;
        _source.Dispose();
    }

    private void Stop(object? sender, ConsoleCancelEventArgs key)
    {
        key.Cancel = true;
        if (Interlocked.Exchange(ref _asked, 1) != 0)
        {
            Ends = true;
            Console.Error.WriteLine($"pluginlens: Ended at once, in the middle of {What}.");
            Environment.Exit(ExitCode.Interrupted);
        }

        Console.Error.WriteLine($"pluginlens: Stopping {What}: {Keeps}. Ctrl-C again ends it at once.");

        // Not here: what waits for the end of a process would keep the second Ctrl-C waiting.
        new Thread(_source.Cancel) { IsBackground = true, Name = "stop" }.Start();
    }
}
