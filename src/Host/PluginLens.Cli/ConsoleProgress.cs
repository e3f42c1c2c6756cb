using PluginLens.Host;
using Spectre.Console;

namespace PluginLens.Cli;

/// <summary>
/// A progress bar on standard error, on a terminal only, and only for work that takes longer than a second: short runs stay quiet.
/// </summary>
internal sealed class ConsoleProgress : IProgress<Progress>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly ManualResetEventSlim _finished = new();
    private readonly Thread? _painter;
    private volatile object _latest = default(Progress);

    /// <summary>Starts to wait; paints later where it is worth it.</summary>
    /// <param name="enabled">False for --quiet; a pipe never gets a bar.</param>
    public ConsoleProgress(bool enabled)
    {
        if (!enabled || Console.IsErrorRedirected)
        {
            return;
        }

        _painter = new Thread(Paint) { IsBackground = true, Name = "progress" };
        _painter.Start();
    }

    /// <inheritdoc/>
    public void Report(Progress value) => _latest = value;

    /// <inheritdoc/>
    public void Dispose()
    {
        _finished.Set();
        _painter?.Join();
        _finished.Dispose();
    }

    private void Paint()
    {
        if (_finished.Wait(Patience))
        {
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = Terminal.Errors });
        console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new RemainingTimeColumn())
            .Start(bars =>
            {
                var bar = bars.AddTask("working");
                while (!_finished.Wait(TimeSpan.FromMilliseconds(100)))
                {
                    var (done, total, what) = (Progress)_latest;
                    bar.Description = Markup.Escape(TerminalWriter.Spelled(what ?? "working"));
                    bar.Value = total > 0 ? Math.Clamp(100 * done / total, 0, 100) : 0;
                }
            });
    }
}
