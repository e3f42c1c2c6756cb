using System.Collections.Concurrent;
using Newtonsoft.Json.Linq;
using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>What can be chosen: models, analyses with how far each holds for a model, and the options of one.</summary>
/// <param name="setup">All that there is.</param>
internal sealed class Choices(ExploreSetup setup)
{
    private readonly ConcurrentDictionary<string, (string Json, HashSet<string> Options)> _described = new(StringComparer.Ordinal);

    /// <summary>Models and analyses.</summary>
    public object All() => new
    {
        model = setup.Model,
        models = setup.Models.Select(model => new { name = model.Name, error = model.Error, architecture = model.Config?.Architecture, layers = model.Config?.NLayers, heads = model.Config?.NHeads, width = model.Config?.DModel }),
        analyses = setup.Catalog.Entries.Select(entry => new { id = entry.Id, title = entry.Title, answers = entry.Answers, own = setup.IsOwn(entry) }),
        faults = setup.Catalog.Faults.Select(fault => $"skipped {fault.Folder}: {fault.Message}"),
    };

    /// <summary>How far each analysis holds for a model, and why. Plugins from elsewhere are not loaded here: the run says it of theirs.</summary>
    /// <param name="name">The model.</param>
    public object Verdicts(string name)
    {
        var config = setup.Models.FirstOrDefault(model => model.Name == name)?.Config ?? throw new UsageException($"No model '{name}' that can be opened on this page.");
        return setup.Catalog.Entries.Where(setup.IsOwn).Select(entry => Verdict(entry, config));
    }

    /// <summary>An analysis as <c>describe --format json</c> says it.</summary>
    /// <param name="id">The analysis.</param>
    public string Describe(string id) => Described(setup.Catalog.Find(id)).Json;

    /// <summary>Names of the options of an analysis.</summary>
    /// <param name="entry">The analysis.</param>
    public IReadOnlyCollection<string> OptionsOf(PluginEntry entry) => Described(entry).Options;

    private (string Json, HashSet<string> Options) Described(PluginEntry entry) => _described.GetOrAdd(entry.Id, _ =>
    {
        var json = setup.Describe(entry);
        return (json, [.. (JObject.Parse(json)["options"] as JArray ?? []).Select(option => (string?)option["name"]).OfType<string>()]);
    });

    private static object Verdict(PluginEntry entry, ModelConfig config)
    {
        try
        {
            var applicability = Applicability.Of(PluginLoading.Load(entry).AnalysisType, config);
            return new { id = entry.Id, verdict = applicability.Word, reasons = applicability.Reasons };
        }
        catch (PluginException error)
        {
            return new { id = entry.Id, verdict = "broken", reasons = (IReadOnlyList<string>)[error.Message] };
        }
    }
}
