using PluginLens.Hub;
using PluginLens.Import;

namespace PluginLens.Cli;

/// <summary>What an import found and wrote, whoever did it.</summary>
/// <param name="Source">The file, or the folder of a checkpoint.</param>
/// <param name="Folder">The model folder.</param>
/// <param name="Facts">What was found, as label and value.</param>
/// <param name="Notes">What the user should know.</param>
/// <param name="CheckSaid">What was checked.</param>
/// <param name="Check">The comparison with the source; null where the source cannot be run.</param>
internal sealed record ImportOutcome(string Source, string Folder, IReadOnlyList<KeyValuePair<string, string>> Facts, IReadOnlyList<string> Notes, string CheckSaid, CheckResult? Check)
{
    /// <summary>What was fetched for it.</summary>
    public FetchedModel? Fetched { get; init; }

    /// <summary>Of the importer.</summary>
    /// <param name="report">What it reports.</param>
    public static ImportOutcome Of(ImportReport report) => new(report.Source, report.Folder, report.Facts, report.Notes, Said(report.Check), report.Check);

    private static string Said(CheckResult? check) => check is null
        ? "the folder opens, and its outputs are finite"
        : $"outputs differ from the source's by at most {check.LargestDifference:g2} (largest value {check.LargestValue:g3}) on {check.Sequences} tokens";
}
