using System.Diagnostics;

namespace PluginLens.Host;

/// <summary>
/// One analysis on its models, as docs/architecture.md draws it: text, token ids, weights and activations, the analysis, tables and figures, writers.
/// An analysis that reads one model has a turn with each that was given. Nothing that a plugin throws gets past it.
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
        var run = new PreparedRun(request);

        // -> analysis -> tables and figures
        return Execute(request.Out?.For(request.Plugin.Entry.Id, run.Info.Models[0].Name), run.Run, run.Describe, run.Identity, request.Watch);
    }

    /// <summary>Runs what is ready to run, here or in another process, and reports.</summary>
    /// <param name="place">Where it is kept, or null.</param>
    /// <param name="run">Runs; what ends it comes back.</param>
    /// <param name="describe">The provenance, once it has run.</param>
    /// <param name="identity">What its rows depend on, where it can be taken up again.</param>
    /// <param name="watch">Told what is found, or null.</param>
    internal static RunResult Execute(RunPlace? place, Func<ResultStore, Exception?> run, Func<ResultStore, RunInfo> describe, string? identity = null, RunWatch? watch = null)
    {
        // rows go into the run folder as they come
        using var folder = place is null ? null : new RunFolder(place, identity);
        var store = new ResultStore(folder, watch: watch);
        var (started, clock) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        var error = run(store);
        store.Close(complete: error is null);

        // -> writers: run.json is the last file of the folder; what the command line prints comes from the same result
        var info = describe(store) with
        {
            Started = started,
            Seconds = clock.Elapsed.TotalSeconds,
            Status = error is null ? RunStatus.Complete : error is OperationCanceledException ? RunStatus.Cancelled : RunStatus.Failed,
            Error = error is null ? null : OneLine.Of(Said.By(error)),
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

        return result with { Folder = folder?.Kept, Said = folder?.Said };
    }

    /// <summary>What a run would cost, or null where the analysis cannot say.</summary>
    /// <param name="request">The same request that a run would get.</param>
    public static Cost? Plan(RunRequest request)
    {
        var turns = RunTurn.Of(request.Plugin, request.Inputs);
        RequireDefined(request.Plugin, turns.SelectMany(turn => turn.Models));
        var costs = new List<Cost>();
        foreach (var turn in turns)
        {
            Cost? cost = null;
            var error = Call(request, () => cost = (request.Plugin.Create() as IPlanned)?.Plan(Context(request, turn, turn.Prompts, new StoredResults(new ResultStore()))));
            if (error is not null)
            {
                throw error;
            }

            if (cost is null)
            {
                return null;
            }

            costs.Add(cost);
        }

        return new Cost(costs.Sum(cost => cost.Flops), costs.Sum(cost => cost.Bytes)) { Prunes = costs.Exists(cost => cost.Prunes) };
    }

    /// <summary>One turn to its end; what it throws comes back.</summary>
    internal static Exception? Run(RunRequest request, RunTurn turn, IAnalysis analysis, ResultSink store)
    {
        Results results = turn.Model is null ? new StoredResults(store) : new TurnResults(store, turn.Model, turn.Key);
        WarnBefore(request.Plugin, turn, results);
        var given = new GivenPrompts(turn.Prompts);
        var error = Call(request, () => analysis.Run(Context(request, turn, given, results, store.PromptsDone)));
        if (error is null && turn.Prompts.Count > 0 && !given.WereRead)
        {
            results.Warn($"the analysis read no prompt: {(turn.Prompts.Count == 1 ? "the one" : $"the {turn.Prompts.Count}")} given made no difference");
        }

        // Who returns quietly when asked to stop has not been through.
        return error ?? (request.Inputs.Engine.Cancellation.IsCancellationRequested ? new OperationCanceledException(request.Inputs.Engine.Cancellation) : null);
    }

    private static Exception? Call(RunRequest request, Action call) => PluginCode.Call(request.Plugin.Entry.Id, call, request.Inputs.Engine.Cancellation);

    private static AnalysisContext Context(RunRequest request, RunTurn turn, IReadOnlyList<Prompt> prompts, Results results, int promptsDone = 0) => new()
    {
        Models = turn.Models,
        Prompts = prompts,
        PromptsDone = promptsDone,
        Options = request.Options,
        Compute = request.Inputs.Engine.Compute,
        Cache = request.Inputs.Engine.Cache,
        Results = results,
        Progress = request.Inputs.Progress,
        Cancellation = request.Inputs.Engine.Cancellation,
        Seed = request.Inputs.Seed,
    };

    /// <summary>The worst verdict of the models that the analysis reads; undefined for one of them is undefined.</summary>
    internal static Applicability RequireDefined(LoadedPlugin plugin, IEnumerable<Model> models)
    {
        var (verdict, reasons) = ((Verdict?)null, new List<string>());
        foreach (var config in models.Select(model => model.Config))
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

    private static void WarnBefore(LoadedPlugin plugin, RunTurn turn, Results results)
    {
        var applicability = RequireDefined(plugin, turn.Models);
        if (applicability.Verdict == Verdict.Approximate)
        {
            results.Warn($"approximate for {(turn.Models.Count == 1 ? "this model" : "these models")}: {string.Join("; ", applicability.Reasons)}");
        }

        foreach (var model in turn.Models.Distinct())
        {
            var name = model.Config.Name;
            if (model.WeightsState == WeightsState.NotVerified)
            {
                results.Warn($"weights not verified: those of model '{name}' are not the ones that its metadata record");
            }
            else if (model.WeightsState == WeightsState.NotRecorded)
            {
                results.Note($"weights of model '{name}': hash not recorded in its metadata");
            }
        }

        if (turn.Prompts.Any(prompt => prompt.Text is not null))
        {
            foreach (var note in turn.Models[0].Tokenizer?.Notes ?? [])
            {
                results.Note($"tokenizer: {note}");
            }
        }

        foreach (var model in turn.Models.Distinct())
        {
            if (Capitals.Note(model, turn.Prompts.Select(prompt => prompt.Text)) is { } note)
            {
                results.Note(note);
            }
        }

        var config = turn.Models[0].Config;
        if (turn.Prompts.Count(prompt => prompt.IsCut) is > 0 and var cut)
        {
            results.Warn($"{cut} of {turn.Prompts.Count} texts were cut to the {config.NCtx} tokens that model '{config.Name}' reads");
        }
    }

    /// <summary>What is known of a run before it begins.</summary>
    internal static RunInfo Describe(RunRequest request, IReadOnlyList<RunTurn> turns, Applicability applicability)
    {
        var options = OptionsBinder.ToData(request.Options ?? OptionsBinder.Bind(request.Plugin, []));
        return new RunInfo
        {
            Plugin = request.Plugin.Entry.Id,
            CommandLine = request.Inputs.CommandLine,
            PluginSha256 = FileHash.Of(request.Plugin.Entry.AssemblyPath),
            PluginVersion = request.Plugin.Entry.Version,
            ContractVersion = request.Plugin.ContractVersion.ToString(2),
            HostVersion = typeof(AnalysisRun).Assembly.GetName().Version!.ToString(3),
            Models = [.. turns.SelectMany(turn => turn.Models).Select(ModelIdentity.Of)],
            InTurn = turns.Count > 1,
            Options = options,
            OptionFiles = FileHash.OfOptions(options),
            Prompts = turns[0].Prompts.Count,
            PromptsSha256 = PromptHash.Of(turns.SelectMany(turn => turn.Prompts)),
            Inputs = request.Inputs.KeepsPromptsPrivate ? null : turns[0].Prompts.Select(RecordedPrompt.Of),
            Seed = request.Inputs.Seed,
            Device = "cpu",
            Threads = request.Inputs.Engine.Compute.Threads,
            Applicability = applicability,
            Notes = [.. StoredWeights.Notes(turns.SelectMany(turn => turn.Models).Distinct())],
        };
    }
}
