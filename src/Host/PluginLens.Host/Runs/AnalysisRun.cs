using System.Diagnostics;
using System.Reflection;

namespace PluginLens.Host;

/// <summary>
/// One analysis on its models, as docs/architecture.md draws it: text, token ids, weights and activations, the analysis, tables and figures, writers.
/// Nothing that a plugin throws gets past it.
/// </summary>
public static class AnalysisRun
{
    /// <summary>
    /// Runs and reports. Refuses (throws <see cref="UsageException"/>) where the analysis is undefined for the model; what happens after that,
    /// good or bad, is in the result, and rows that were finished are kept.
    /// </summary>
    /// <param name="request">What is to be run on what.</param>
    public static RunResult Execute(RunRequest request)
    {
        // text -> tokenizer -> token ids; weights are mapped, activations computed when the analysis asks for them
        var models = request.Inputs.OpenModels();
        var prompts = PromptReader.Read(request.Inputs.Prompts, models[0]);

        // -> analysis -> tables and figures: rows go into the run folder as they come
        var applicability = RequireDefined(request.Plugin, models);
        var analysis = request.Plugin.Create();
        using var folder = request.Out is null ? null : new RunFolder(request.Out);
        var store = new ResultStore(folder);
        WarnOf(applicability, Read(request.Plugin, models).Count(), store);
        WarnOfCut(prompts, models[0].Config, store);
        var (started, watch, given) = (DateTimeOffset.UtcNow, Stopwatch.StartNew(), new GivenPrompts(prompts));
        var error = Call(request, () => analysis.Run(Context(request, models, given, store)));
        if (error is null && prompts.Count > 0 && !given.WereRead)
        {
            store.Warn($"the analysis read no prompt: {(prompts.Count == 1 ? "the one" : $"the {prompts.Count}")} given made no difference");
        }

        store.Close(complete: error is null);

        // -> writers: run.json is the last file of the folder; what the command line prints comes from the same result
        var info = Describe(request, models, prompts, applicability, store) with
        {
            Started = started,
            Seconds = watch.Elapsed.TotalSeconds,
            Status = error is null ? RunStatus.Complete : error is OperationCanceledException ? RunStatus.Cancelled : RunStatus.Failed,
            Error = error is null ? null : OneLine.Of(error.Message),
        };
        var result = new RunResult(info, store.Tables, store.Figures, error);
        if (folder is { Files.Count: 0 } && result.FoundNothing)
        {
            folder.Abandon();
        }
        else
        {
            folder?.Finish(info);
        }

        return result;
    }

    /// <summary>What a run would cost, or null where the analysis cannot say.</summary>
    /// <param name="request">The same request that a run would get.</param>
    public static Cost? Plan(RunRequest request)
    {
        var models = request.Inputs.OpenModels();
        var prompts = PromptReader.Read(request.Inputs.Prompts, models[0]);
        RequireDefined(request.Plugin, models);
        if (request.Plugin.Create() is not IPlanned planned)
        {
            return null;
        }

        Cost? cost = null;
        var error = Call(request, () => cost = planned.Plan(Context(request, models, prompts, new ResultStore())));
        return error is null ? cost : throw error;
    }

    private static Exception? Call(RunRequest request, Action call) => PluginCode.Call(request.Plugin.Entry.Id, call, request.Inputs.Engine.Cancellation);

    private static AnalysisContext Context(RunRequest request, IReadOnlyList<Model> models, IReadOnlyList<Prompt> prompts, ResultStore store) => new()
    {
        Models = models,
        Prompts = prompts,
        Options = request.Options,
        Compute = request.Inputs.Engine.Compute,
        Cache = request.Inputs.Engine.Cache,
        Results = store,
        Progress = request.Inputs.Progress,
        Cancellation = request.Inputs.Engine.Cancellation,
        Seed = request.Inputs.Seed,
    };

    /// <summary>The models that the analysis says it reads.</summary>
    private static IEnumerable<Model> Read(LoadedPlugin plugin, IReadOnlyList<Model> models) =>
        models.Take(plugin.AnalysisType.GetCustomAttribute<ReadsModelsAttribute>()?.Most ?? 1);

    /// <summary>The worst verdict of the models that the analysis reads; undefined for one of them is undefined.</summary>
    private static Applicability RequireDefined(LoadedPlugin plugin, IReadOnlyList<Model> models)
    {
        var (verdict, reasons) = ((Verdict?)null, new List<string>());
        foreach (var config in Read(plugin, models).Select(model => model.Config))
        {
            var applicability = Applicability.Of(plugin.AnalysisType, config);
            if (applicability.Verdict == Verdict.Undefined)
            {
                throw new UsageException($"Analysis '{plugin.Entry.Id}' is undefined for model '{config.Name}' ({config.Architecture}): {applicability.Reasons[0]}.");
            }

            verdict = verdict is null || applicability.Verdict > verdict ? applicability.Verdict : verdict;
            reasons.AddRange(applicability.Reasons.Except(reasons));
        }

        return new Applicability(verdict, reasons);
    }

    private static void WarnOf(Applicability applicability, int models, ResultStore store)
    {
        if (applicability.Verdict == Verdict.Approximate)
        {
            store.Warn($"approximate for {(models == 1 ? "this model" : "these models")}: {string.Join("; ", applicability.Reasons)}");
        }
    }

    private static void WarnOfCut(IReadOnlyList<Prompt> prompts, ModelConfig config, ResultStore store)
    {
        if (prompts.Count(prompt => prompt.IsCut) is > 0 and var cut)
        {
            store.Warn($"{cut} of {prompts.Count} texts were cut to the {config.NCtx} tokens that model '{config.Name}' reads");
        }
    }

    private static RunInfo Describe(RunRequest request, IReadOnlyList<Model> models, IReadOnlyList<Prompt> prompts, Applicability applicability, ResultStore store)
    {
        var (device, reason) = request.Inputs.Engine.DeviceUsed;
        return new RunInfo
        {
            Plugin = request.Plugin.Entry.Id,
            PluginVersion = request.Plugin.Entry.Version,
            ContractVersion = request.Plugin.ContractVersion.ToString(2),
            HostVersion = typeof(AnalysisRun).Assembly.GetName().Version!.ToString(3),
            Models = [.. models.Select(ModelIdentity.Of)],
            Options = OptionsBinder.ToData(request.Options ?? OptionsBinder.Bind(request.Plugin, [])),
            Prompts = prompts.Count,
            PromptsSha256 = PromptHash.Of(prompts),
            Seed = request.Inputs.Seed,
            Device = device,
            DeviceReason = reason,
            Threads = request.Inputs.Engine.Compute.Threads,
            Applicability = applicability,
            Notes = store.Notes,
            Warnings = store.Warnings,
            Tables = store.Tables,
        };
    }
}
