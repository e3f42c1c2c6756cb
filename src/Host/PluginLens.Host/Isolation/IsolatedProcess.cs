using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Text;

namespace PluginLens.Host;

/// <summary>The process of an isolated analysis, as the host sees it: started, watched, ended with all that it started.</summary>
internal sealed class IsolatedProcess : IDisposable
{
    /// <summary>Folder, in the one of the process, where files of the result lie until the host has them.</summary>
    public const string Files = "files";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(25);
    private readonly AnonymousPipeServerStream _control = new(PipeDirection.Out, HandleInheritability.Inheritable);
    private readonly AnonymousPipeServerStream _results = new(PipeDirection.In, HandleInheritability.Inheritable);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pluginlens-isolated-");
    private readonly ManualResetEventSlim _finished = new();
    private readonly ProcessErrors _errors = new();
    private readonly Isolation _isolation;
    private readonly CancellationToken _cancellation;
    private readonly Process _process;
    private readonly Thread _watch;
    private volatile string? _ended;

    /// <summary>Starts it.</summary>
    /// <param name="isolation">The program, what it is asked, and its limits.</param>
    /// <param name="cancellation">Set by Ctrl-C.</param>
    public IsolatedProcess(Isolation isolation, CancellationToken cancellation)
    {
        (_isolation, _cancellation) = (isolation, cancellation);
        _folder.CreateSubdirectory(Files);
        var start = new ProcessStartInfo(isolation.Program, [.. isolation.Arguments, _control.GetClientHandleAsString(), _results.GetClientHandleAsString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in new[] { "TMPDIR", "TMP", "TEMP" })
        {
            start.Environment[name] = _folder.FullName;
        }

        // The runtime's own error where it would not fit; what is not the runtime's is watched.
        start.Environment["DOTNET_GCHeapHardLimit"] = isolation.MaxMemory.ToString("X", CultureInfo.InvariantCulture);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            Clear();
            throw new PluginException($"The process of the analysis cannot be started ({isolation.Program}): {OneLine.Of(error.Message)}; --trust runs it in the program itself.", error) { ExitCode = ExitCode.Failed };
        }

        _control.DisposeLocalCopyOfClientHandle();
        _results.DisposeLocalCopyOfClientHandle();
        _errors.Begin(_process);
        _watch = new Thread(Watch) { IsBackground = true, Name = "isolated" };
        _watch.Start();
        Frames = new FrameReader(_results);
        try
        {
            var writer = new BinaryWriter(_control);
            writer.Write(_folder.FullName);
            writer.Write(isolation.Request);
            writer.Flush();
        }
        catch (IOException)
        {
            // It is gone already: that there is no answer says so.
        }
    }

    /// <summary>What it tells.</summary>
    public FrameReader Frames { get; }

    /// <summary>A file of the result.</summary>
    /// <param name="number">Its number.</param>
    public string FileAt(int number) => Path.Combine(_folder.FullName, Files, $"{number}");

    /// <summary>Why it ended without a word, as what the analysis failed with; or that the user stopped it.</summary>
    /// <param name="id">Id of the analysis.</param>
    public Exception Silence(string id)
    {
        _process.WaitForExit(TimeSpan.FromSeconds(2));
        if (_cancellation.IsCancellationRequested)
        {
            return new OperationCanceledException(_cancellation);
        }

        var (crash, everything) = _errors.Crash();
        var why = _ended ?? _isolation.Changed?.Invoke() ?? $"its process ended before it was through ({(_process.HasExited ? Exit(_process.ExitCode) : "and closed its pipe")}){(crash is null ? string.Empty : $": {crash}")}";
        return new PluginException($"Analysis '{id}' failed: {why}", new IsolatedException(everything)) { ExitCode = ExitCode.Failed };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _finished.Set();
        _watch.Join();
        End();
        _process.WaitForExit(TimeSpan.FromSeconds(5));
        _errors.Finish();
        _process.Dispose();
        _finished.Dispose();
        Clear();
    }

    private static string Exit(int code) => code switch
    {
        // Of a process that a signal ended the runtime says 128 and its number.
        134 => "aborted, signal 6",
        135 => "bus error, signal 7",
        137 => "killed, signal 9",
        139 => "access violation, signal 11",
        _ => $"exit code {code}",
    };

    private void Clear()
    {
        _control.Dispose();
        _results.Dispose();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The plugin's leftovers, made undeletable; the folder is a temporary one.
        }
    }

    private void Watch()
    {
        var (watch, asked) = (Stopwatch.StartNew(), (TimeSpan?)null);
        while (!_finished.Wait(Tick) && !_process.HasExited)
        {
            if (_isolation.Timeout is { } most && watch.Elapsed > most)
            {
                End($"it took longer than the {most.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} seconds of --timeout, and was ended");
            }
            else if (OwnMemory() is { } bytes && bytes > _isolation.MaxMemory)
            {
                End($"it used {bytes / 1e9:0.0} GB of memory, more than --max-memory allows ({_isolation.MaxMemory / 1e9:0.0} GB), and was ended");
            }
            else if (_cancellation.IsCancellationRequested && asked is null)
            {
                asked = watch.Elapsed;
                Ask();
            }
            else if (asked is { } since && watch.Elapsed - since > _isolation.Grace)
            {
                End("it did not stop when asked to, and was ended");
            }
        }
    }

    private void Ask()
    {
        try
        {
            _control.WriteByte(0);
        }
        catch (IOException)
        {
            // Gone.
        }
    }

    private void End(string? why = null)
    {
        _ended ??= why;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // Gone, or what it started is.
        }
    }

    /// <summary>Resident bytes that no file backs: the weights, mapped, are the system's to keep or to drop.</summary>
    private long? OwnMemory()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                _process.Refresh();
                return _process.PrivateMemorySize64;
            }

            var line = File.ReadLines($"/proc/{_process.Id}/status").FirstOrDefault(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return line is null ? null : 1024 * long.Parse(line.AsSpan(8, line.Length - 10).Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
