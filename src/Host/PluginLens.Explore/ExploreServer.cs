using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PluginLens.Host;
using PluginLens.Report;

namespace PluginLens.Explore;

/// <summary>
/// The page of <c>pluginlens explore</c>, for this machine alone: what it does is the command line's <c>run</c>, what it shows are the views of a report.
/// </summary>
public static class ExploreServer
{
    private const long LargestRequest = 64L << 20;

    /// <summary>Serves until it is stopped.</summary>
    /// <param name="setup">What is explored.</param>
    /// <param name="port">The port; 0 = one that is free.</param>
    /// <param name="begun">Told the address of the page once it is there.</param>
    /// <param name="stop">Set by Ctrl-C.</param>
    /// <exception cref="UsageException">The port is taken, or ASP.NET Core is not installed.</exception>
    public static void Serve(ExploreSetup setup, int port, Action<string> begun, CancellationToken stop)
    {
        SharedFramework.Use();
        Begin(setup, port, begun, stop);
    }

    /// <summary>A method of its own: what it names is found once the framework is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Begin(ExploreSetup setup, int port, Action<string> begun, CancellationToken stop) => ServeAsync(setup, port, begun, stop).GetAwaiter().GetResult();

    private static async Task ServeAsync(ExploreSetup setup, int port, Action<string> begun, CancellationToken stop)
    {
        // Empty: no settings of the folder or the environment could have it listen elsewhere.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => (options.AddServerHeader, options.Limits.MaxRequestBodySize) = (false, LargestRequest));
        builder.Services.AddRoutingCore();
        await using var app = builder.Build();
        var desk = new RunDesk(setup);
        var (page, policy) = ReportFile.LivePage("explore", Resource("explore.js"), Resource("explore.css"));
        var token = Guard.NewToken();
        app.Use(new Guard(token, policy).Check);
        app.Use(next => Told(next, setup.Say));
        app.UseRouting();
        Map(app, setup, desk, page);
        app.Urls.Add($"http://127.0.0.1:{port}");
        try
        {
            await app.StartAsync(CancellationToken.None);
            begun($"{app.Urls.First()}/?token={token}");
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (IOException error)
        {
            throw new UsageException($"--port {port}: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}; name another port, or none for one that is free.", error);
        }
        finally
        {
            desk.Dispose();
        }
    }

    private static void Map(WebApplication app, ExploreSetup setup, RunDesk desk, string page)
    {
        var choices = new Choices(setup);
        var started = Environment.CurrentDirectory;
        app.MapGet("/", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync(page);
        });
        app.MapGet("/api/choices", context => Answer.Json(context, choices.All()));
        app.MapGet("/api/verdicts", context => Answer.Json(context, choices.Verdicts(context.Request.Query["model"].ToString())));
        app.MapGet("/api/analysis", context => Answer.Json(context, choices.Describe(context.Request.Query["id"].ToString())));
        app.MapPost("/api/run", async context => await desk.Run(RunForm.Of(await Answer.Body(context), setup, choices.OptionsOf), context));
        app.MapPost("/api/stop", async context => desk.Stop((string?)(await Answer.Body(context))["tab"] ?? string.Empty));
        app.MapGet("/api/runs", context => Data(context, Runs(context, desk)));
        app.MapGet("/api/diff", context =>
        {
            var runs = Runs(context, desk);
            using var json = new StringWriter();
            DiffWriter.Write(RunDiff.Of(RecordedRun.Read(runs[0]), RecordedRun.Read(runs[^1]), new DiffOptions()), "json", json);
            return Answer.Json(context, json.ToString());
        });
        app.MapPost("/api/keep", async context =>
        {
            var body = await Answer.Body(context);
            await Answer.Json(context, new { folder = KeptFolder.Make(desk.FolderOf((int?)body["run"] ?? 0), started, (string?)body["name"] ?? string.Empty) });
        });
    }

    /// <summary>What went wrong is said in a line.</summary>
    private static RequestDelegate Told(RequestDelegate next, Func<Exception, string> say) => async context =>
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (error is not OperationCanceledException && !context.Response.HasStarted)
        {
            var status = error is BadHttpRequestException bad ? bad.StatusCode : error is UsageException or ModelException or PluginException ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError;
            await Answer.Line(context, status, say(error));
        }
    };

    private static string[] Runs(HttpContext context, RunDesk desk)
    {
        string[] folders = [.. context.Request.Query["id"].Select(text => desk.FolderOf(int.TryParse(text, out var id) ? id : 0))];
        return folders.Length is 1 or 2 ? folders : throw new UsageException("Expected one run or two.");
    }

    private static Task Data(HttpContext context, IReadOnlyList<string> folders)
    {
        var data = new Dictionary<string, string>();
        ReportFile.WriteData(folders, data.Add);
        return Answer.Json(context, data);
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
