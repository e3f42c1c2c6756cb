using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>
/// Runs one after the other: two at a time would only share the processors, and what a plugin in the program changes of it (its output, its directory) is put back for one. A window has one run;
/// when it goes, so does the run. Runs are kept in folders of their own, the newest ones, until the server ends.
/// </summary>
/// <param name="setup">What runs them.</param>
internal sealed class RunDesk(ExploreSetup setup) : IDisposable
{
    private const int MostKept = 32;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(7);
    private readonly string _folder = Directory.CreateTempSubdirectory("pluginlens-explore-").FullName;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, string> _kept = new();
    private int _last;

    /// <summary>Runs what a form says, and answers with what it finds while it runs.</summary>
    /// <param name="form">The form.</param>
    /// <param name="context">The request of the window; the run ends with it.</param>
    public async Task Run(RunForm form, HttpContext context)
    {
        var gone = context.RequestAborted;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        if (!_running.TryAdd(form.Tab, stop))
        {
            await Answer.Line(context, StatusCodes.Status409Conflict, "This window has a run already; stop it first.");
            return;
        }

        try
        {
            context.Response.ContentType = "application/x-ndjson";
            var stream = new RunStream(context.Response);
            await stream.Say(new { command = form.Arguments }, gone);
            await Run(form, stream, stop, gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The window is gone; nobody is left to tell.
        }
        finally
        {
            _running.TryRemove(form.Tab, out _);
        }
    }

    /// <summary>Stops the run of a window; what it found stays.</summary>
    /// <param name="tab">The window.</param>
    public void Stop(string tab)
    {
        if (_running.TryGetValue(tab, out var stop))
        {
            stop.Cancel();
        }
    }

    /// <summary>The folder of a run.</summary>
    /// <param name="id">Its number.</param>
    public string FolderOf(int id) => _kept.TryGetValue(id, out var folder) ? folder : throw new UsageException($"Run {id} is not kept any more; run it again.");

    /// <summary>Stops everything.</summary>
    public void Dispose()
    {
        foreach (var stop in _running.Values)
        {
            stop.Cancel();
        }

        // An analysis that does not listen is left to the end of the process.
        _turn.Wait(Grace);
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"pluginlens: '{_folder}' stays: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task Run(RunForm form, RunStream stream, CancellationTokenSource stop, CancellationToken gone)
    {
        var (id, error, status) = ((int?)null, (string?)null, RunStatus.Cancelled);
        try
        {
            if (!await _turn.WaitAsync(0, stop.Token))
            {
                await stream.Say(new { waits = true }, gone);
                await _turn.WaitAsync(stop.Token);
            }

            try
            {
                (id, error, status) = await Execute(form, stream, stop, gone);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException canceled) when (!gone.IsCancellationRequested)
        {
            error = setup.Say(canceled);
        }

        await stream.Say(new { run = id, error, status = Names.Kebab(status.ToString()) }, gone);
    }

    private async Task<(int? Id, string? Error, RunStatus Status)> Execute(RunForm form, RunStream stream, CancellationTokenSource stop, CancellationToken gone)
    {
        var id = ++_last;
        var order = new RunOrder(form.Arguments, Path.Combine(_folder, $"{id}"), stream, new RunWatch(stream.Row, stream.Figure), stop.Token);
        var run = Task.Factory.StartNew(() => setup.Run(order), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await stream.Follow(run, gone);
        }
        catch (Exception)
        {
            // Nobody can be told; the turn is the next one's when the run has ended.
            await stop.CancelAsync();
        }

        try
        {
            var result = await run;
            if (result.Folder is { } folder && Directory.Exists(folder))
            {
                Keep(id, folder);
                return (id, result.Error is null ? null : setup.Say(result.Error), result.Info.Status);
            }

            return (null, result.Error is null ? null : setup.Say(result.Error), result.Info.Status);
        }
        catch (Exception thrown)
        {
            // Whatever befell this run, the server and the others live on.
            return (null, setup.Say(thrown), thrown is OperationCanceledException ? RunStatus.Cancelled : RunStatus.Failed);
        }
    }

    private void Keep(int id, string folder)
    {
        _kept[id] = folder;
        if (_kept.TryRemove(id - MostKept, out var old))
        {
            Directory.Delete(old, recursive: true);
        }
    }
}
