using System.Diagnostics;
using System.Reflection;

namespace PluginLens.Host;

/// <summary>Runs one analysis on one model. Nothing that a plugin throws gets past it.</summary>
public static class AnalysisRun
{
    /// <summary>
    /// Runs and reports. Refuses (throws <see cref="UsageException"/>) where the analysis is undefined for the model; what happens after that,
    /// good or bad, is in the result, and rows that were finished are kept.
    /// </summary>
    /// <param name="request">What is to be run on what.</param>
    public static RunResult Execute(RunRequest request)
    {
        var applicability = RequireDefined(request);
        var analysis = request.Plugin.Create();
        using var folder = request.Out is null ? null : new RunFolder(request.Out);
        var store = new ResultStore(folder);
        if (applicability.Verdict == Verdict.Approximate)
        {
            store.Warn($"approximate for {(Read(request).Count() == 1 ? "this model" : "these models")}: {string.Join("; ", applicability.Reasons)}");
        }

        if (request.Prompts.Count(prompt => prompt.IsCut) is > 0 and var cut)
        {
            store.Warn($"{cut} of {request.Prompts.Count} texts were cut to the {request.Model.Config.NCtx} tokens that model '{request.Model.Config.Name}' reads");
        }

        var started = DateTimeOffset.UtcNow;
        var watch = Stopwatch.StartNew();
        var error = Run(analysis, request, store);
        foreach (var table in store.Tables)
        {
            table.Complete = error is null;
        }

        var info = Describe(request, applicability, store) with
        {
            Started = started,
            Seconds = watch.Elapsed.TotalSeconds,
            Status = error is null ? RunStatus.Complete : error is OperationCanceledException ? RunStatus.Cancelled : RunStatus.Failed,
            Error = error is null ? null : OneLine.Of(error.Message),
        };
        if (error is UsageException or ModelException && folder is { Files.Count: 0 } && store.Tables.All(table => table.Rows.Count == 0))
        {
            folder.Abandon();
        }
        else
        {
            folder?.Finish(info);
        }

        return new RunResult(info, store.Tables, store.Figures, error);
    }

    /// <summary>What a run would cost, or null where the analysis cannot say.</summary>
    /// <param name="request">The same request that a run would get.</param>
    public static Cost? Plan(RunRequest request)
    {
        RequireDefined(request);
        if (request.Plugin.Create() is not IPlanned planned)
        {
            return null;
        }

        Cost? cost = null;
        var error = Guard(request, () => cost = planned.Plan(Context(request, new ResultStore())));
        return error is null ? cost : throw error;
    }

    /// <summary>The models that the analysis says it reads.</summary>
    private static IEnumerable<Model> Read(RunRequest request) =>
        request.OtherModels.Prepend(request.Model).Take(request.Plugin.AnalysisType.GetCustomAttribute<ReadsModelsAttribute>()?.Most ?? 1);

    /// <summary>The worst verdict of the models that the analysis reads; undefined for one of them is undefined.</summary>
    private static Applicability RequireDefined(RunRequest request)
    {
        var (verdict, reasons) = (Verdict.Exact, new List<string>());
        foreach (var config in Read(request).Select(model => model.Config))
        {
            var applicability = Applicability.Of(request.Plugin.AnalysisType, config);
            if (applicability.Verdict == Verdict.Undefined)
            {
                throw new UsageException($"Analysis '{request.Plugin.Entry.Id}' is undefined for model '{config.Name}' ({config.Architecture}): {applicability.Reasons[0]}.");
            }

            verdict = (Verdict)Math.Max((int)verdict, (int)applicability.Verdict);
            reasons.AddRange(applicability.Reasons.Except(reasons));
        }

        return new Applicability(verdict, reasons);
    }

    private static Exception? Run(IAnalysis analysis, RunRequest request, ResultStore store) =>
        Guard(request, () => analysis.Run(Context(request, store)));

    private static AnalysisContext Context(RunRequest request, ResultStore store) => new()
    {
        Models = [request.Model, .. request.OtherModels],
        Prompts = request.Prompts,
        Options = request.Options,
        Compute = request.Compute,
        Cache = request.Cache,
        Results = store,
        Progress = request.Progress ?? NoProgress.Instance,
        Cancellation = request.Cancellation,
        Seed = request.Seed,
    };

    private static Exception? Guard(RunRequest request, Action call)
    {
        try
        {
            call();
            return null;
        }
        catch (Exception thrown)
        {
            var error = Cause(thrown);
            return error switch
            {
                UsageException or ModelException => error,
                OperationCanceledException when request.Cancellation.IsCancellationRequested => error,
                _ => new PluginException($"Analysis '{request.Plugin.Entry.Id}' failed: {error.GetType().Name}: {OneLine.Of(error.Message)}", thrown) { ExitCode = 1 },
            };
        }
    }

    /// <summary>What parallel loops and static constructors wrap.</summary>
    private static Exception Cause(Exception error) => error switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many => Cause(many.InnerExceptions[0]),
        TypeInitializationException { InnerException: { } inner } => Cause(inner),
        _ => error,
    };

    private static RunInfo Describe(RunRequest request, Applicability applicability, ResultStore store) => new()
    {
        Plugin = request.Plugin.Entry.Id,
        PluginVersion = request.Plugin.Entry.Version,
        ContractVersion = request.Plugin.ContractVersion.ToString(2),
        HostVersion = request.HostVersion,
        Model = ModelIdentity.Of(request.Model),
        OtherModels = [.. request.OtherModels.Select(ModelIdentity.Of)],
        Options = OptionsBinder.ToData(request.Options ?? Default(request.Plugin.OptionsType)),
        Prompts = request.Prompts.Count,
        PromptsSha256 = PromptHash.Of(request.Prompts),
        Seed = request.Seed,
        Device = request.DeviceUsed().Device,
        DeviceReason = request.DeviceUsed().Reason,
        Threads = request.Compute.Threads,
        Applicability = applicability,
        Notes = store.Notes,
        Warnings = store.Warnings,
        Tables = store.Tables,
    };

    private static object? Default(Type? optionsType) => optionsType is null ? null : Activator.CreateInstance(optionsType);

    private sealed class NoProgress : IProgress<Progress>
    {
        public static NoProgress Instance { get; } = new();

        public void Report(Progress value)
        {
        }
    }
}
