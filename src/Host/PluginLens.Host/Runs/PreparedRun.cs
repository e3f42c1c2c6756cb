using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Newtonsoft.Json;

namespace PluginLens.Host;

/// <summary>A run that is allowed and about to begin: models open, prompts read, analyses made, their files hashed while they are what was loaded.</summary>
internal sealed class PreparedRun
{
    private readonly RunRequest _request;
    private readonly IReadOnlyList<RunTurn> _turns;
    private readonly IAnalysis[] _analyses;

    /// <summary>Refuses (throws <see cref="UsageException"/>) where the analysis is undefined for a model.</summary>
    /// <param name="request">What is to be run on what.</param>
    public PreparedRun(RunRequest request)
    {
        request.Inputs.Engine.BeginRun();
        _request = request;
        _turns = RunTurn.Of(request.Plugin, request.Inputs);
        var applicability = AnalysisRun.RequireDefined(request.Plugin, _turns.SelectMany(turn => turn.Models));
        _analyses = [.. _turns.Select(_ => request.Plugin.Create())];
        Info = AnalysisRun.Describe(request, _turns, applicability);
    }

    /// <summary>The provenance before the run.</summary>
    public RunInfo Info { get; }

    /// <summary>A hash of all that its rows depend on, where a run of it that broke off can be taken up again; else null.</summary>
    public string? Identity => _turns.Count > 1 || _request.Plugin.AnalysisType.GetCustomAttribute<ResumableAttribute>() is null ? null : Hash(Info);

    /// <summary>Runs to the end; what ends it comes back.</summary>
    /// <param name="results">Takes what is found.</param>
    public Exception? Run(ResultSink results)
    {
        var error = _turns.Zip(_analyses, (turn, analysis) => AnalysisRun.Run(_request, turn, analysis, results)).FirstOrDefault(error => error is not null);
        return error ?? (_request.Inputs.Engine.Changed is { } changed ? new ModelException(changed) : null);
    }

    // By itself: a run that cannot be taken up again does not load Newtonsoft.Json.
    private static string Hash(RunInfo info) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(
        new object?[] { info.Plugin, info.PluginSha256, info.HostVersion, info.Models, info.Options, info.OptionFiles, info.PromptsSha256, info.Seed }))));

    /// <summary>The provenance of what ran.</summary>
    /// <param name="store">What was found.</param>
    public RunInfo Describe(ResultStore store)
    {
        var (device, reason) = _request.Inputs.Engine.DeviceUsed;
        return Info with { Device = device, DeviceReason = reason, Notes = [.. Info.Notes, .. store.Notes], Warnings = store.Warnings, Tables = store.Tables };
    }
}
