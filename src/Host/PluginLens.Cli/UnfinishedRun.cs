using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>While analyses run in the program itself: a plugin that ends the program does not make that a success.</summary>
internal sealed class UnfinishedRun : IDisposable
{
    /// <summary>From now on.</summary>
    public UnfinishedRun() => AppDomain.CurrentDomain.ProcessExit += Say;

    /// <summary>It is finished.</summary>
    public void Dispose() => AppDomain.CurrentDomain.ProcessExit -= Say;

    private static void Say(object? sender, EventArgs end)
    {
        if (Interrupt.Ends)
        {
            return;
        }

        Console.Error.WriteLine("pluginlens: The program was ended while an analysis ran; what it found is not whole.");
        Environment.ExitCode = ExitCode.Failed;
    }
}
