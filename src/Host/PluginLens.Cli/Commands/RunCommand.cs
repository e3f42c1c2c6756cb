using System.CommandLine;
using PluginLens.Host;
using PluginLens.Numerics;
using PluginLens.Models;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens run</c>: one analysis on one model.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Plugin = new("--plugin", "-p") { Description = "The analysis; 'pluginlens list' shows them; 'all' runs everything that applies and needs --out.", HelpName = "ID", Required = true };
    private static readonly Option<string[]> Model = new("--model", "-m") { Description = "A name under the models folder, or any model folder; twice for analyses of two models (stitch --subtract: three). Default: tiny-gpt2.", HelpName = "NAME|FOLDER" };
    private static readonly Option<string[]> Prompt = new("--prompt") { Description = "A text to read; may repeat.", HelpName = "TEXT" };
    private static readonly Option<string[]> Prompts = new("--prompts") { Description = "A file of texts: .txt (one a line), .csv (columns text, label), .jsonl (fields text, label).", HelpName = "FILE" };
    private static readonly Option<string[]> Ids = new("--ids") { Description = "Token ids instead of text; no tokenizer needed.", HelpName = "1,2,3" };
    private static readonly Option<bool> NoSpecial = new("--no-special") { Description = "Do not add the special tokens that the tokenizer adds by default." };
    private static readonly Option<string> Format = GlobalOptions.Format("table", "csv", "json", "md");
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "A new folder for run.json, one CSV a table, figures and files.", HelpName = "FOLDER" };
    private static readonly Option<string?> Table = new("--table") { Description = "Print only this table.", HelpName = "NAME" };
    private static readonly Option<int> Rows = new("--rows") { Description = "Rows printed of each group; 0 = all. csv and json always have all.", HelpName = "N", DefaultValueFactory = _ => 5 };
    private static readonly Option<Device> Device = new("--device") { Description = "auto, cpu or cuda; auto tries CUDA and falls back with the reason.", HelpName = "DEVICE", DefaultValueFactory = _ => Models.Device.Auto };
    private static readonly Option<int> Threads = new("--threads") { Description = "Threads; 0 = one for each processor. Results do not depend on it.", HelpName = "N" };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of everything random.", HelpName = "N" };
    private static readonly Option<bool> NoCache = new("--no-cache") { Description = "Compute vocabulary lists anew instead of keeping them in the user's cache folder." };
    private static readonly Option<bool> Plan = new("--plan") { Description = "Say what the run would cost, and do not run." };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No progress." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("run", """
            Runs an analysis on a model and prints what it found.

            The analysis's own options follow as --name value; 'pluginlens describe ID' lists them.

            Examples:
              pluginlens run --plugin ov-pairs
              pluginlens run --plugin ov-pairs --layer -1 --k 20 --word-initial --exclude-same
              pluginlens run --plugin qk-pairs --model my-models/gpt2 --head 0-3 --format csv > pairs.csv
              pluginlens run --plugin activations --prompt "the old man" --hooks blocks.*.hook_resid_post --out out
            """)
        {
            Plugin, Model, Prompt, Prompts, Ids, NoSpecial, Format, Out, Table, Rows, Device, Threads, Seed, NoCache, Plan, Quiet,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.GetValue(Threads) < 0 || parse.GetValue(Rows) < 0)
        {
            throw new UsageException("--threads and --rows take 0 or a positive number.");
        }

        using var stop = new Interrupt();
        var all = parse.GetValue(Plugin) == RunAll.Name;
        var plugin = all ? null : Cli.Plugins.Load(parse, parse.GetValue(Plugin)!);
        var options = plugin is null ? null : OptionsBinder.Bind(plugin, CommandLineOptions.Parse([.. parse.UnmatchedTokens], name => plugin.Options.Any(option => option.Name == name && option.IsFlag)));
        using var models = new OpenModels(parse.GetValue(GlobalOptions.Models), parse.GetValue(Model), new OpenOptions
        {
            Device = parse.GetValue(Device),
            Threads = parse.GetValue(Threads),
            Cancellation = stop.Token,
        });
        using var progress = new ConsoleProgress(!parse.GetValue(Quiet));
        var prompts = PromptReader.Read(
            new PromptSource { Texts = parse.GetValue(Prompt) ?? [], Files = parse.GetValue(Prompts) ?? [], Ids = parse.GetValue(Ids) ?? [], AddSpecial = !parse.GetValue(NoSpecial) }, models.First);
        if (plugin is null)
        {
            return all && parse.UnmatchedTokens.Count == 0
                ? RunAll.Run(Cli.Plugins.Discover(parse), parse.GetValue(Out), Request)
                : throw new UsageException($"--plugin all runs every analysis with its defaults; did not expect {string.Join(' ', parse.UnmatchedTokens)}.");
        }

        return RunOne(parse, Request(plugin, options, parse.GetValue(Plan) ? null : parse.GetValue(Out)), progress);

        RunRequest Request(LoadedPlugin chosen, object? bound, string? folder) => new()
        {
            Plugin = chosen,
            Model = models.First,
            OtherModels = models.Others,
            Prompts = prompts,
            Options = bound,
            Compute = new CpuCompute(parse.GetValue(Threads), stop.Token),
            Cache = parse.GetValue(NoCache) || DiskTopKCache.UserFolder is not { } kept ? new TopKCache() : new DiskTopKCache(kept, $"{Versions.Program} {typeof(CpuCompute).Module.ModuleVersionId}"),
            Seed = parse.GetValue(Seed),
            Out = folder,
            Progress = progress,
            Cancellation = stop.Token,
            DeviceUsed = () => models.First.DeviceUsed is { } used ? (used.UsesCuda ? "cuda" : "cpu", used.Reason) : ("cpu", null),
        };
    }

    private static int RunOne(ParseResult parse, RunRequest request, ConsoleProgress progress)
    {
        if (parse.GetValue(Plan))
        {
            return PlanPrinter.Print(request.Plugin, AnalysisRun.Plan(request), request.Compute.Threads);
        }

        var result = AnalysisRun.Execute(request);
        progress.Dispose();
        if (result.ExitCode == ExitCode.Usage && result.Tables.All(table => table.Rows.Count == 0))
        {
            // Nothing was found out: the one line that says why is all there is to say.
            return Failure.Report(result.Error!, parse.GetValue(GlobalOptions.Verbose));
        }

        ConsoleResult.Write(result, parse.GetValue(Format)!, new ResultView { Rows = parse.GetValue(Rows), Table = parse.GetValue(Table) });
        if (result.Error is not null)
        {
            Failure.Report(result.Error, parse.GetValue(GlobalOptions.Verbose));
        }
        else if (request.Out is { } folder)
        {
            Console.Error.WriteLine($"wrote {folder}");
        }

        return result.ExitCode;
    }
}
