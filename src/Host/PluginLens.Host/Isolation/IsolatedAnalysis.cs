using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace PluginLens.Host;

/// <summary>The process of an isolated analysis: reads what is asked, runs it, and tells the host everything. It ends when the host ends it, or is gone.</summary>
public static class IsolatedAnalysis
{
    /// <summary>Runs one analysis; does not return.</summary>
    /// <param name="control">Handle of the pipe from the host.</param>
    /// <param name="results">Handle of the pipe to the host.</param>
    /// <param name="open">Makes the run from the request's text: its plugin is loaded here and nowhere else.</param>
    public static void Serve(string control, string results, Func<string, IProgress<Progress>, CancellationToken, IsolatedRequest> open)
    {
        KeepFromChildren(control, results);
        using var asked = new AnonymousPipeClientStream(PipeDirection.In, control);
        using var told = new AnonymousPipeClientStream(PipeDirection.Out, results);
        using var stop = new CancellationTokenSource();
        using var reader = new BinaryReader(asked);
        var (folder, request) = (reader.ReadString(), reader.ReadString());

        // Ctrl-C reaches every process of the terminal: this one is told by the host.
        Console.CancelKeyPress += (_, key) => key.Cancel = true;
        new Thread(() => Listen(asked, stop, folder)) { IsBackground = true, Name = "host" }.Start();
        using var frames = new FrameWriter(told);
        try
        {
            Run(open(request, new PipedProgress(frames), stop.Token), frames, folder);
        }
        catch (Exception error)
        {
            frames.Send(Frame.Refused, error, ErrorFrame.Write);
        }

        // The host ends it with all that the plugin started; what that left to do at the end of the process is not done.
        Thread.Sleep(Timeout.Infinite);
    }

    private static void Run(IsolatedRequest asked, FrameWriter frames, string folder)
    {
        var request = asked.Run;
        if (asked.Plans)
        {
            frames.Send(Frame.Planned, AnalysisRun.Plan(request), static (writer, cost) =>
                FrameWriter.Value(writer, cost is null ? null : new object[] { cost.Flops, cost.Bytes, cost.Prunes }));
            return;
        }

        var run = new PreparedRun(request);
        var info = run.Info;
        foreach (var input in info.Inputs ?? [])
        {
            frames.Send(Frame.Input, input, static (writer, input) => FrameWriter.Value(writer, new object?[] { input.Text, input.Label, input.Ids }));
        }

        frames.Send(Frame.Begun, info, RunInfoFrame.Write);
        var error = run.Run(new PipedResults(frames, asked.WritesFiles ? Path.Combine(folder, IsolatedProcess.Files) : null));
        var (device, reason) = request.Inputs.Engine.DeviceUsed;
        frames.Send(Frame.Ended, (error, device, reason), static (writer, end) =>
        {
            ErrorFrame.Write(writer, end.error);
            FrameWriter.Text(writer, end.device);
            FrameWriter.Text(writer, end.reason);
        });
    }

    /// <summary>One byte stops the run; the end of the pipe is the end of the host, and of this process.</summary>
    private static void Listen(Stream host, CancellationTokenSource stop, string folder)
    {
        while (host.ReadByte() >= 0)
        {
            stop.Cancel();
        }

        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A plugin's leftovers; the folder is a temporary one.
        }

        System.Diagnostics.Process.GetCurrentProcess().Kill();
    }

    /// <summary>A process that the plugin starts would hold the pipes open after the end of this one.</summary>
    private static void KeepFromChildren(params string[] handles)
    {
        if (!OperatingSystem.IsWindows())
        {
            Array.ForEach(handles, handle => _ = Fcntl(int.Parse(handle, System.Globalization.CultureInfo.InvariantCulture), 2, 1));
        }
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Fcntl(int handle, int setsFlags, int closeOnExec);

    private sealed class PipedProgress(FrameWriter frames) : IProgress<Progress>
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
        private long _last;

        public void Report(Progress value)
        {
            var last = Interlocked.Read(ref _last);
            if ((last == 0 || System.Diagnostics.Stopwatch.GetElapsedTime(last) > Patience) && Interlocked.CompareExchange(ref _last, System.Diagnostics.Stopwatch.GetTimestamp(), last) == last)
            {
                frames.Send(Frame.Progress, value, static (writer, progress) =>
                {
                    writer.Write(progress.Done);
                    writer.Write(progress.Total);
                    FrameWriter.Text(writer, progress.What);
                });
            }
        }
    }
}
