using System.Diagnostics;
using System.Text;

namespace PluginLens.Host;

/// <summary>
/// What the process of an isolated analysis prints goes to standard error. What its runtime says when it dies is kept back: the first line of it is the error's,
/// the rest is for who wants to know everything.
/// </summary>
internal sealed class ProcessErrors
{
    private const int Most = 1 << 18;
    private static readonly string[] Beginnings = ["Unhandled exception. ", "Unhandled exception: ", "Stack overflow.", "Process terminated.", "Fatal error.", "Out of memory."];
    private readonly StringBuilder _crash = new();
    private readonly List<Thread> _readers = [];

    /// <summary>Listens to a process.</summary>
    /// <param name="process">With both outputs redirected.</param>
    public void Begin(Process process)
    {
        foreach (var output in new[] { process.StandardError, process.StandardOutput })
        {
            var reader = new Thread(() => Relay(output)) { IsBackground = true, Name = "isolated output" };
            reader.Start();
            _readers.Add(reader);
        }
    }

    /// <summary>The first line of what its runtime said when it died, and all of it.</summary>
    public (string? First, string Everything) Crash()
    {
        Join();
        lock (_crash)
        {
            var all = _crash.ToString();
            return (all.Length == 0 ? null : string.Join(' ', all.Split('\n').Take(2).Select(line => line.Trim())).Trim(), all);
        }
    }

    /// <summary>Waits for what was printed before the process ended; what it started and left behind may hold the outputs open.</summary>
    public void Finish() => Join();

    private void Join() => _readers.ForEach(reader => reader.Join(TimeSpan.FromSeconds(1)));

    private void Relay(StreamReader output)
    {
        try
        {
            while (output.ReadLine() is { } line)
            {
                lock (_crash)
                {
                    if (_crash.Length == 0 && !Beginnings.Any(beginning => line.StartsWith(beginning, StringComparison.Ordinal)))
                    {
                        Console.Error.WriteLine(line);
                    }
                    else if (_crash.Length < Most)
                    {
                        _crash.Append(line).Append('\n');
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
