using System.Reflection;
using System.Text.RegularExpressions;

namespace PluginLens.Host;

/// <summary>The models that one call of an analysis gets, and the prompts as the first of them reads them.</summary>
/// <param name="Models">In order; at least one.</param>
/// <param name="Prompts">Tokens of the first model's tokenizer.</param>
/// <param name="Model">Name of the one model where several have their turn; null where there is one turn alone.</param>
internal sealed partial record RunTurn(IReadOnlyList<Model> Models, IReadOnlyList<Prompt> Prompts, string? Model = null)
{
    /// <summary>The name as a figure's or folder's may be; unique in the run.</summary>
    public string Key { get; private init; } = string.Empty;

    /// <summary>An analysis of several models has one turn with all of them; one that reads a single model has a turn with each. No model is left over.</summary>
    /// <param name="plugin">The analysis.</param>
    /// <param name="inputs">Models and prompts.</param>
    public static IReadOnlyList<RunTurn> Of(LoadedPlugin plugin, RunInputs inputs)
    {
        var most = plugin.AnalysisType.GetCustomAttribute<ReadsModelsAttribute>()?.Most ?? 1;
        if (most > 1 && inputs.Models.Count > most)
        {
            throw new UsageException($"Analysis '{plugin.Entry.Id}' reads at most {most} models; '{inputs.Models[most]}' is left over: give {most}.");
        }

        var models = inputs.OpenModels();
        return most > 1 || models.Count == 1 ? [new RunTurn(models, inputs.PromptsOf(models[0]))] : Each(plugin, inputs, models);
    }

    private static RunTurn[] Each(LoadedPlugin plugin, RunInputs inputs, IReadOnlyList<Model> models)
    {
        if (models.Index().FirstOrDefault(at => models.Take(at.Index).Contains(at.Item)) is { Item: not null } again)
        {
            throw new UsageException($"--model '{inputs.Models[again.Index]}' was given twice; '{plugin.Entry.Id}' reads one model after the other.");
        }

        string[] names = [.. models.Select(model => model.Config.Name)];
        names = names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : [.. inputs.Models];
        string[] keys = [.. names.Select(name => Other().Replace(name.ToLowerInvariant(), "-").Trim('-'))];
        return [.. models.Select((model, at) => new RunTurn([model], inputs.PromptsOf(model), names[at])
        {
            Key = keys[at].Length > 0 && keys.Count(key => key == keys[at]) == 1 ? keys[at] : $"{keys[at]}-{at + 1}".TrimStart('-'),
        })];
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Other();
}
