using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens describe ID</c>: what an analysis does, its options, and for which models it holds.</summary>
internal static class DescribeCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var id = new Argument<string>("analysis") { Description = "Id of the analysis; 'pluginlens list' shows all." };
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("describe", "Shows an analysis: options with types, defaults and help, and for which models it holds.") { id, format };
        command.SetAction(parse =>
        {
            var plugin = Plugins.Load(parse, parse.GetValue(id)!);
            if (parse.GetValue(format) == "json")
            {
                PrintJson(plugin);
            }
            else
            {
                Print(plugin);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void Print(LoadedPlugin plugin)
    {
        var entry = plugin.Entry;
        Console.WriteLine($"{entry.Id} {entry.Version}: {entry.Title}");
        Console.WriteLine(entry.Description);
        if (entry.Paper.Length > 0)
        {
            Console.WriteLine($"Source: {entry.Paper}");
        }

        Console.WriteLine($"Folder: {entry.Folder} (contract {plugin.ContractVersion.ToString(2)})");
        Console.WriteLine();
        Console.WriteLine(plugin.Options.Count == 0 ? "It has no options." : "Options:");
        foreach (var option in plugin.Options)
        {
            var allowed = option.Allowed.Count == 0 ? option.TypeWord + (option.Least is { } least ? $" >= {least}" : string.Empty) : string.Join('|', option.Allowed);
            var flag = option.IsFlag ? string.Empty : $" <{allowed}>";
            Console.WriteLine($"  --{option.Name}{flag}{(option.Default.Length == 0 || option.IsFlag && option.Default == "false" ? string.Empty : $"   default {option.Default}")}");
            Console.WriteLine($"      {option.Help}");
        }

        Console.WriteLine();
        Console.WriteLine("Holds:");
        var stated = Applicability.Stated(plugin.AnalysisType);
        foreach (var holds in stated)
        {
            Console.WriteLine($"  {Names.Kebab(holds.Verdict.ToString()),-11}  {Names.Kebab(holds.Trait.ToString())}: {holds.Because}");
        }

        Console.WriteLine($"  {"exact",-11}  {(stated.Count == 0 ? "for every model" : "otherwise")}");
    }

    private static void PrintJson(LoadedPlugin plugin) => Json.Print(new
    {
        id = plugin.Entry.Id,
        title = plugin.Entry.Title,
        description = plugin.Entry.Description,
        paper = plugin.Entry.Paper,
        version = plugin.Entry.Version,
        folder = plugin.Entry.Folder,
        contract = plugin.ContractVersion.ToString(2),
        options = plugin.Options.Select(option => new { name = option.Name, type = option.TypeWord, @default = option.Default, help = option.Help, allowed = option.Allowed, least = option.Least }),
        holds = Applicability.Stated(plugin.AnalysisType).Select(holds => new { verdict = Names.Kebab(holds.Verdict.ToString()), trait = Names.Kebab(holds.Trait.ToString()), because = holds.Because }),
    });
}
