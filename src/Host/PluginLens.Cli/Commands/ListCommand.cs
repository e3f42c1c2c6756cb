using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens list</c>: what can be run. Reads the metadata of assemblies; no plugin code is loaded.</summary>
internal static class ListCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("list", "Lists the analyses that were found, without loading any.") { format };
        command.SetAction(parse =>
        {
            var catalog = Plugins.Discover(parse);
            if (parse.GetValue(format) == "json")
            {
                Json.Print(catalog.Entries.Select(entry => new { id = entry.Id, title = entry.Title, answers = entry.Answers, source = entry.Source, version = entry.Version, folder = entry.Folder }));
            }
            else
            {
                Columns.Print(["analysis", "what it answers"], catalog.Entries.Select(entry => new[] { entry.Id, entry.Answers }));
            }

            Plugins.ReportFaults(catalog);
            return ExitCode.Success;
        });
        return command;
    }
}
