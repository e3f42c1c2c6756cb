using System.Diagnostics;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>
/// A line of progress on standard error where that is a terminal, wherever standard output goes, and only for work that takes longer than a second: short runs stay quiet. Other lines
/// push it away; it comes back below them.
/// </summary>
internal sealed class ConsoleProgress : IProgress<Progress>, IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
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

    /// <summary>Stands before what is told; of several runs, which one it is.</summary>
    public string About { get; set; } = string.Empty;

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

        do
        {
            PassingLine.Show(Line((Progress)_latest));
        }
        while (!_finished.Wait(Pause));

        PassingLine.Clear();
    }

    private string Line(Progress progress)
    {
        var share = progress.Total > 0 ? Math.Clamp(progress.Done / progress.Total, 0, 1) : 0;
        var filled = (int)(share * BarWidth);
        var bar = progress.Total > 0 ? $"  [{new string('#', filled)}{new string('.', BarWidth - filled)}] {100 * share,3:0} %" : string.Empty;
        return $"{About}{(string.IsNullOrEmpty(progress.What) ? "working" : TerminalWriter.Spelled(progress.What))}{bar}  {_watch.Elapsed:h\\:mm\\:ss}";
    }
}
