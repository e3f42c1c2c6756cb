using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>What <c>run</c> prints of its tables: which rows, in which order, which columns. The folder of --out gets them whole.</summary>
internal static class PrintedTables
{
    private const string Never = "Of what is printed, in every format; never of --out.";
    private static readonly Option<int?> Top = new("--top") { Description = $"The first rows of each table, after --where and --sort. {Never}", HelpName = "N" };
    private static readonly Option<string[]> Sort = new("--sort") { Description = $"Order the rows of each table by a column: score; largest first: -score or \"score desc\"; several with commas. {Never}", HelpName = "COLUMN" };
    private static readonly Option<string[]> Where = new("--where") { Description = $"Only the rows that fulfil it: \"score > 0.5 and output = ' the'\"; = != < <= > >= and ~ (contains); may repeat: all have to hold. {Never}", HelpName = "CONDITION" };
    private static readonly Option<string[]> Columns = new("--columns") { Description = $"Only these columns, in this order: layer,head,score. {Never}", HelpName = "COLUMNS" };

    /// <summary>The options.</summary>
    public static IReadOnlyList<Option> Options { get; } = [Top, Sort, Where, Columns];

    /// <summary>What was asked for; what cannot be read is refused.</summary>
    /// <param name="parse">The command line.</param>
    public static TableQuery Of(ParseResult parse) => TableQuery.Parse(parse.GetValue(Where) ?? [], parse.GetValue(Sort) ?? [], parse.GetValue(Columns) ?? [], parse.GetValue(Top));

    /// <summary>Refuses columns that an analysis does not have before it runs, as far as it says what it has.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="plugin">The analysis.</param>
    /// <param name="table">The one table to be printed; null = all.</param>
    /// <param name="models">Models given: where several have their turn, rows begin with their names.</param>
    public static void Check(ParseResult parse, LoadedPlugin plugin, string? table, int models)
    {
        var query = Of(parse);
        if (table is null && parse.GetValue<string>("--format") == "csv")
        {
            // Those that are always there; of others the end of the run knows.
            CsvResultWriter.RequireOne([.. plugin.Tables.Where(written => written.When.Length == 0 && query.Lacks(written.Columns) is null).Select(written => written.Name).Distinct()]);
        }

        if (query.IsEmpty)
        {
            return;
        }

        var turns = models > 1 ? [new Column("model", ColumnKind.Text, _ => null), new Column("run_model", ColumnKind.Text, _ => null)] : Array.Empty<Column>();
        var declared = plugin.Tables.Select(written => (written.Name, (IReadOnlyList<Column>)[.. turns, .. written.Columns])).ToList();
        query.Check(declared.Exists(written => written.Name == table) ? declared.FindAll(written => written.Name == table) : declared);
    }
}
