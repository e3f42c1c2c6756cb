using System.CommandLine;
using PluginLens.Cli.Commands;
using PluginLens.Explore;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Runs command lines one after the other; models stay open from one to the next.</summary>
/// <param name="root">Every command.</param>
internal sealed class ExploredRuns(RootCommand root) : IDisposable
{
    private readonly Lock _one = new();
    private OnnxEngine? _engine;
    private CancellationTokenSource _stop = new();

    /// <summary>Runs a command line.</summary>
    /// <param name="order">The command line, and who watches.</param>
    public RunResult Run(RunOrder order)
    {
        lock (_one)
        {
            var parse = Program.Parse(root, [.. order.Arguments]);
            if (TypingError.Of([.. order.Arguments], parse) is { } wrong)
            {
                throw new UsageException(wrong);
            }

            // What was stopped stays stopped: the next run opens its models anew.
            if (_engine is null || _stop.IsCancellationRequested)
            {
                Close();
                _stop = new();
                _engine = RunCommand.Engine(parse, parse.GetValue(GlobalOptions.Models), _stop.Token);
            }

            using var stopped = order.Cancellation.Register(_stop.Cancel);
            return RunCommand.Watched(parse, order, _engine);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A run that does not listen still reads its models: they end with the process.
        if (_one.TryEnter())
        {
            Close();
            _one.Exit();
        }
    }

    private void Close()
    {
        _engine?.Dispose();
        _engine = null;
        _stop.Dispose();
    }
}
