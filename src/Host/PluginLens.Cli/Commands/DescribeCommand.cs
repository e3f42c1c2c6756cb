using System.CommandLine;
using System.Reflection;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens describe ID</c>: what an analysis does, its options, its tables, and for which models it holds.</summary>
internal static class DescribeCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var id = new Argument<string>("analysis") { Description = "Id of the analysis; 'pluginlens list' shows all." };
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("describe", "Shows an analysis: options with types, defaults and help, tables with their columns, and for which models it holds.") { id, format };
        command.SetAction(parse =>
        {
            var plugin = Plugins.Load(parse, parse.GetValue(id)!);
            if (parse.GetValue(format) == "json")
            {
                Json.Print(Data(plugin));
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
        Console.WriteLine(entry.Answers);
        if (entry.Source.Length > 0)
        {
            Console.WriteLine($"Source: {entry.Source}");
        }

        Console.WriteLine($"Plugin: {entry.Folder} (contract {plugin.ContractVersion.ToString(2)})");
        Console.WriteLine($"Page:   {entry.Page ?? "none"}");
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
        Console.WriteLine(plugin.Tables.Count == 0 ? "Its tables are not declared." : "Tables:");
        foreach (var table in plugin.Tables)
        {
            Console.WriteLine($"  {table.Name}{(table.When.Length == 0 ? string.Empty : $"   {table.When}")}");
            Console.WriteLine($"      {string.Join(", ", table.Columns.Select(column => column.Name))}");
        }

        Console.WriteLine();
        PrintHolds(Applicability.Stated(plugin.AnalysisType));
    }

    private static void PrintHolds(IReadOnlyList<HoldsAttribute> stated)
    {
        if (stated.Count == 0)
        {
            Console.WriteLine("For which models it holds is not declared.");
            return;
        }

        Console.WriteLine("Holds:");
        foreach (var holds in stated)
        {
            Console.WriteLine($"  {Names.Kebab(holds.Verdict.ToString()),-11}  {Trait(holds)}: {holds.Because}");
        }

        if (stated.All(holds => holds.Trait is not null))
        {
            Console.WriteLine($"  {"exact",-11}  otherwise");
        }
    }

    private static string Trait(HoldsAttribute holds) => holds.Trait is { } trait ? Names.Kebab(trait.ToString()) : "every model";

    /// <summary>Everything that an analysis says of itself, for JSON.</summary>
    /// <param name="plugin">The analysis.</param>
    public static object Data(LoadedPlugin plugin) => new
    {
        id = plugin.Entry.Id,
        title = plugin.Entry.Title,
        answers = plugin.Entry.Answers,
        source = plugin.Entry.Source,
        version = plugin.Entry.Version,
        folder = plugin.Entry.Folder,
        page = plugin.Entry.Page,
        example = PageExample.Of(plugin.Entry),
        contract = plugin.ContractVersion.ToString(2),
        models = plugin.AnalysisType.GetCustomAttribute<ReadsModelsAttribute>()?.Most ?? 1,
        options = plugin.Options.Select(option => new { name = option.Name, type = option.TypeWord, @default = option.Default, help = option.Help, allowed = option.Allowed, least = option.Least }),
        tables = plugin.Tables.Select(table => new { name = table.Name, when = table.When, columns = table.Columns.Select(column => column.Name) }),
        holds = Applicability.Stated(plugin.AnalysisType).Select(holds => new { verdict = Names.Kebab(holds.Verdict.ToString()), trait = Trait(holds), because = holds.Because }),
    };
}
