namespace PluginLens.Host;

/// <summary>The lines about a run that people read below or above its tables.</summary>
public static class ResultSummary
{
    /// <summary>How many rows, and whether they are all.</summary>
    /// <param name="table">The table.</param>
    public static string OfTable(TableData table) =>
        $"{(table.Among is { } all ? $"{table.Count} of {all}" : $"{table.Count}")} {((table.Among ?? table.Count) == 1 ? "row" : "rows")}{(table.Complete ? string.Empty : ", incomplete: the run broke off")}";

    /// <summary>What ran on what, then notes, then warnings.</summary>
    /// <param name="result">The run.</param>
    public static IEnumerable<string> Of(RunResult result)
    {
        var info = result.Info;
        var models = string.Join(info.InTurn ? ", then " : " and ", info.Models.Select(model => $"{model.Name} ({model.Architecture}, {model.Processing})"));
        
        // What broke off is not what the verdict is about.
        yield return $"{info.Plugin} on {models}: {(info.Status == RunStatus.Complete ? info.Applicability.Word : $"{Names.Kebab(info.Status.ToString())}, not whole")}";
        foreach (var note in info.Notes)
        {
            yield return $"note: {note}";
        }

        foreach (var warning in info.Warnings)
        {
            yield return $"warning: {warning}";
        }
    }
}
