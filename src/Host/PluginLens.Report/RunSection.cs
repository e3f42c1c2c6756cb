using PluginLens.Host;

namespace PluginLens.Report;

/// <summary>A stored run as the page shows it: where it comes from, tables, figures.</summary>
internal static class RunSection
{
    private const int MostPrompts = 500;

    private static readonly string[] Facts =
    [
        "plugin", "plugin_version", "plugin_sha256", "contract_version", "host_version", "command_line", "model", "further_models", "options", "prompts", "seed", "device", "device_reason", "threads",
        "started", "wall_seconds", "verdict", "verdict_reasons", "status", "error", "notes", "warnings",
    ];

    /// <summary>Writes its data into the page, and says what they are.</summary>
    /// <param name="run">The run.</param>
    /// <param name="page">Receives the data.</param>
    /// <param name="strings">Receives the texts.</param>
    /// <param name="budget">How many rows the tables may have.</param>
    public static Dictionary<string, object?> Write(RecordedRun run, PageData page, StringTable strings, CellBudget budget)
    {
        var section = Facts.ToDictionary(fact => fact, fact => (object?)run.Json[fact]);
        section["folder"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Folder)));
        section["inputs"] = run.Prompts?.Take(MostPrompts).Select(prompt => new { text = prompt.Text, label = prompt.Label, ids = prompt.Ids }).ToList();
        section["tables"] = run.Tables.Select(table => TableSection.Write(table, page, strings, budget)).ToList();
        section["figures"] = run.FigureNames.Select(name => FigureSection.Write(name, StoredFigure.Read(Path.Combine(run.Folder, "figures", $"{name}.json")), page, strings)).ToList();
        return section;
    }
}
