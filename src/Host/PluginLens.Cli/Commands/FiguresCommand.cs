using System.CommandLine;
using PluginLens.Host;
using PluginLens.Pictures;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens figures RUN</c>: draws the figures of a stored run.</summary>
internal static class FiguresCommand
{
    private static readonly Argument<string> Folder = new("run") { Description = "The run folder (--out of the run).", HelpName = "RUN" };
    private static readonly Option<string> As = Formats();
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Folder for the pictures. Default: figures/ of the run.", HelpName = "FOLDER" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("figures", """
            Draws every figure of a stored run as a picture, without a browser and without computing anything anew.

            Examples:
              pluginlens run --plugin attention --prompt "The capital of France is" --out out
              pluginlens figures out
              pluginlens figures out --as png --out pictures
            """)
        {
            Folder, As, Out,
        };
        command.SetAction(Run);
        return command;
    }

    private static Option<string> Formats()
    {
        var option = new Option<string>("--as") { Description = "svg (sharp at any size, text stays text) or png (288 dots an inch).", HelpName = "FORMAT", DefaultValueFactory = _ => "svg" };
        option.AcceptOnlyFromAmong("svg", "png");
        return option;
    }

    /// <summary>Apart from the rest, so that other commands load nothing that draws.</summary>
    private static IEnumerable<string> Draw(RecordedRun run, string format, string? folder) => RunPictures.Draw(run, Enum.Parse<PictureFormat>(format, ignoreCase: true), folder);

    private static int Run(ParseResult parse)
    {
        var run = RecordedRun.Read(parse.GetValue(Folder)!);
        foreach (var path in Draw(run, parse.GetValue(As)!, parse.GetValue(Out)))
        {
            Console.WriteLine(path);
        }

        if (run.FigureNames.Count == 0)
        {
            Console.WriteLine($"This run of {run.Plugin} has no figures.");
        }

        return ExitCode.Success;
    }
}
