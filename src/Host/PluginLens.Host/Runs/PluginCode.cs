namespace PluginLens.Host;

/// <summary>The way into a plugin's code: nothing that it throws and nothing that it prints gets past.</summary>
internal static class PluginCode
{
    /// <summary>
    /// Calls it. What it throws comes back: <see cref="UsageException"/>, <see cref="ModelException"/> and what names the analysis already as they are,
    /// <see cref="OperationCanceledException"/> where the user stopped the run, anything else as a <see cref="PluginException"/> that names the analysis.
    /// </summary>
    /// <param name="id">Id of the analysis.</param>
    /// <param name="call">Its code.</param>
    /// <param name="cancellation">Set by Ctrl-C.</param>
    public static Exception? Call(string id, Action call, CancellationToken cancellation)
    {
        try
        {
            using var output = new PluginOutput();
            using var surroundings = new Surroundings();
            call();
            return null;
        }
        catch (Exception thrown)
        {
            var error = Cause(thrown);
            return error switch
            {
                UsageException or ModelException or PluginException => error,
                OperationCanceledException when cancellation.IsCancellationRequested => error,
                _ => new PluginException($"Analysis '{id}' failed: {error.GetType().Name}: {Why(error)}", thrown) { ExitCode = ExitCode.Failed },
            };
        }
    }

    private static string Why(Exception error) => error is OutOfMemoryException
        ? "it asked for more memory than there is, or than --max-memory allows"
        : OneLine.Of(Said.By(error));

    /// <summary>What parallel loops and static constructors wrap.</summary>
    private static Exception Cause(Exception error) => error switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many => Cause(many.InnerExceptions[0]),
        TypeInitializationException { InnerException: { } inner } => Cause(inner),
        _ => error,
    };
}
