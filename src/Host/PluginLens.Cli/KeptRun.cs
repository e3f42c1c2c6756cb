using System.CommandLine;
using PluginLens.Cli.Commands;
using PluginLens.Host;
using PluginLens.Pictures;

namespace PluginLens.Cli;

/// <summary>Where <c>run</c> keeps what it found, and what of it.</summary>
internal static class KeptRun
{
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "A new folder for run.json, one file a table, figures and files; {plugin} and {model} in it stand for their names.", HelpName = "FOLDER" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace the run that the folder of --out holds; it stays until the new one is whole." };
    private static readonly Option<bool> Resume = new("--resume") { Description = "Go on with the run of the same command line that broke off in the folder of --out." };
    private static readonly Option<TableFormat> Tables = GlobalOptions.OneOf("--tables", "Tables in the folder of --out: csv, parquet or both.", "FORMAT", TableFormat.Csv);
    private static readonly Option<string?> Figures = FiguresOption();
    private static readonly Option<bool> Report = new("--report") { Description = "Make a page of the run too: report.html in the folder of --out." };

    /// <summary>The options.</summary>
    public static IReadOnlyList<Option> Options { get; } = [Out, Force, Resume, Tables, Figures, Report];

    /// <summary>What --out says; null = nothing is kept.</summary>
    /// <param name="parse">The command line.</param>
    public static string? Folder(ParseResult parse) => parse.GetValue(Out);

    /// <summary>Where the run is kept; null = nowhere. Options that would need a folder are refused without one.</summary>
    /// <param name="parse">The command line.</param>
    public static RunPlace? Place(ParseResult parse)
    {
        if (Folder(parse) is { } folder)
        {
            return new RunPlace(folder)
            {
                Replaces = parse.GetValue(Force),
                Resumes = parse.GetValue(Resume),
                Tables = parse.GetValue(Tables),
                Pictures = parse.GetValue(Figures) switch
                {
                    "svg" => [("svg", (figure, stream) => RunPictures.Write(figure, PictureFormat.Svg, stream))],
                    "png" => [("png", (figure, stream) => RunPictures.Write(figure, PictureFormat.Png, stream))],
                    _ => [],
                },
            };
        }

        return new[] { (Force, "--force"), (Resume, "--resume"), (Report, "--report") }.FirstOrDefault(option => parse.GetValue(option.Item1)).Item2 is { } name
            ? throw new UsageException($"{name} is about the folder of --out; name it.")
            : parse.GetValue(Figures) is not null ? throw new UsageException("--figures is about the folder of --out; name it.")
            : parse.GetValue(Tables) == TableFormat.Csv ? null : throw new UsageException("--tables is about the folder of --out; name it.");
    }

    /// <summary>The page of a run that is kept, where it was asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="folder">The run's folder.</param>
    public static void WriteReport(ParseResult parse, string folder)
    {
        if (parse.GetValue(Report))
        {
            ReportCommand.Write([folder], Path.Combine(folder, ReportCommand.FileName));
        }
    }

    private static Option<string?> FiguresOption()
    {
        var figures = new Option<string?>("--figures") { Description = "Draw every figure in the folder of --out too: svg or png.", HelpName = "FORMAT" };
        figures.AcceptOnlyFromAmong("svg", "png");
        return figures;
    }
}
