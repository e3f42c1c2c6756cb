using System.CommandLine;
using PluginLens.Explore;
using PluginLens.Host;
using PluginLens.Models;
using PluginLens.Pictures;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens run</c>: one analysis on one model.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Plugin = new("--plugin", "-p") { Description = "The analysis; 'pluginlens list' shows them; 'all' runs everything that applies and needs --out.", HelpName = "ID", Required = true };
    private static readonly Option<string[]> Model = new("--model", "-m") { Description = "A name under the models folder, or any model folder; may repeat, and 'tiny-*' names all that fit: analyses of two models read both (stitch --subtract: three), others run on one after the other. Default: smollm2-135m where prompts are given, else tiny-gpt2; tiny-gpt2 for 'all'.", HelpName = "NAME|FOLDER" };
    private static readonly Option<string[]> Prompt = PromptArguments.Text();
    private static readonly Option<string[]> Prompts = PromptArguments.File();
    private static readonly Option<string[]> Ids = PromptArguments.Ids();
    private static readonly Option<bool> NoSpecial = new("--no-special") { Description = "Do not add the special tokens that the tokenizer adds by default." };
    private static readonly Option<bool> Beginning = new("--bos") { Description = "Put the beginning token before every text, whatever the tokenizer adds by default." };
    private static readonly Option<string> Format = GlobalOptions.Format("table", "csv", "json", "md");
    private static readonly Option<string?> Table = new("--table") { Description = "Print only this table.", HelpName = "NAME" };
    private static readonly Option<int?> Rows = new("--rows") { Description = "Rows printed of each group; 0 = all. Default: groups of up to 20 whole, else 5. csv and json always have all that --where and --top leave.", HelpName = "N" };
    private static readonly Option<Device> Device = GlobalOptions.OneOf("--device", "auto, cpu or cuda; auto tries CUDA and falls back with the reason.", "DEVICE", Models.Device.Auto);
    private static readonly Option<int> Threads = new("--threads") { Description = "Threads; 0 = one for each processor. Results do not depend on it.", HelpName = "N" };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of everything random.", HelpName = "N" };
    private static readonly Option<bool> NoCache = new("--no-cache") { Description = "Compute vocabulary lists and hashes of weights anew instead of keeping them in the user's cache folder." };
    private static readonly Option<bool> UnverifiedWeights = new("--unverified-weights") { Description = "Run although weights do not fit the hash that the model's metadata record; the result says so." };
    private static readonly Option<bool> Plan = new("--plan") { Description = "Say what the run would cost, and do not run." };
    private static readonly Option<bool> Private = new("--private") { Description = "Leave texts and ids of prompts out of run.json (their hash stays); tables that show tokens show them all the same." };
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
              pluginlens run --plugin logit-lens --prompt "The capital of France is" --position -1
              pluginlens run --plugin qk-pairs --model my-models/gpt2 --head 0-3 --format csv > pairs.csv
              pluginlens run --plugin activations --prompt "The capital of France is" --hooks 'blocks.*.hook_resid_post' --out out
            """)
        {
            Plugin, Model, Prompt, Prompts, Ids, NoSpecial, Beginning, Format, Table, Rows, Device, Threads, Seed, NoCache, UnverifiedWeights, Private, Plan, Quiet,
        };
        foreach (var option in PrintedTables.Options.Concat(KeptRun.Options).Concat(Isolating.Options))
        {
            command.Options.Add(option);
        }

        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.GetValue(Threads) < 0 || parse.GetValue(Rows) < 0)
        {
            throw new UsageException(parse.GetValue(Threads) < 0 ? $"--threads {parse.GetValue(Threads)}: expected 0 or a positive number." : $"--rows {parse.GetValue(Rows)}: expected 0 or a positive number.");
        }

        Isolating.Check(parse);
        if (!PrintedTables.Of(parse).IsEmpty && parse.GetValue(Plugin) == AllRuns.Name)
        {
            throw new UsageException($"--top, --sort, --where and --columns are about tables that are printed; --plugin {AllRuns.Name} prints none.");
        }

        if (parse.GetValue(Threads) > Environment.ProcessorCount)
        {
            Console.Error.WriteLine($"--threads {parse.GetValue(Threads)}: there are {Environment.ProcessorCount} processors, and no more threads are used.");
        }

        return parse.GetValue(Plugin) == AllRuns.Name ? RunAll(parse) : RunOne(parse);
    }

    /// <summary>The prompts that a command line names.</summary>
    /// <param name="parse">The command line.</param>
    public static PromptSource PromptsOf(ParseResult parse) => PromptArguments.Of(parse, Prompt, Prompts, Ids);

    /// <summary>Runs an earlier command line again.</summary>
    /// <param name="before">What was typed then.</param>
    /// <param name="asked">What is typed now: --plugins and --models overrule what they were.</param>
    /// <param name="run">What its run.json says.</param>
    /// <param name="prompts">Its prompts.</param>
    /// <param name="folder">Receives the new run.</param>
    public static RunResult Repeat(ParseResult before, ParseResult asked, RecordedRun run, PromptSource prompts, string folder)
    {
        ParseResult Saying(Option option) => asked.GetResult(option) is { Implicit: false } ? asked : before;
        var (entry, models) = (Cli.Plugins.Find(Saying(GlobalOptions.Plugins), run.Plugin), Saying(GlobalOptions.Models).GetValue(GlobalOptions.Models));
        var source = prompts with { AddSpecial = !before.GetValue(NoSpecial), AddBeginning = before.GetValue(Beginning) };
        using var stop = new Interrupt($"'{run.Plugin}'");
        using var progress = new ConsoleProgress(!before.GetValue(Quiet));

        // Whom a command line of some time ago trusted need not be trusted now.
        if (Isolating.Applies(before, entry, () => new ModelFiles(models, ReadsPrompts(before), ModelsOf(before)).AreKept, trusts: false))
        {
            var order = Order(before, entry) with { ModelsFolder = models, Prompts = source, CommandLine = run.CommandLine, KeepsPromptsPrivate = run.Prompts is null, WritesFiles = true };
            return IsolatedRun.Execute(Isolating.With(before, order), entry.Id, new RunPlace(folder), progress, stop.Token);
        }

        var (plugin, options) = Bound(before.UnmatchedTokens, PluginLoading.Load(entry));
        using var engine = Engine(before, models, stop.Token);
        var inputs = Inputs(before, engine, progress) with { Prompts = source, CommandLine = run.CommandLine, KeepsPromptsPrivate = run.Prompts is null };
        return AnalysisRun.Execute(new RunRequest { Plugin = plugin, Options = options, Inputs = inputs, Out = new RunPlace(folder) });
    }

    /// <summary>Runs a command line for who watches it, with models that may be open already.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="order">The same as typed, where the run is kept, and who watches.</param>
    /// <param name="engine">Opens and computes; its cancellation ends the run.</param>
    public static RunResult Watched(ParseResult parse, RunOrder order, OnnxEngine engine)
    {
        var (entry, place) = (Cli.Plugins.Find(parse, parse.GetValue(Plugin)!), new RunPlace(order.Folder));
        if (Isolating.Applies(parse, entry, () => KeepsModels(parse)))
        {
            return IsolatedRun.Execute(Isolating.With(parse, Order(parse, entry) with { CommandLine = order.Arguments, WritesFiles = true }), entry.Id, place, order.Progress, engine.Cancellation, order.Watch);
        }

        var (plugin, options) = Bound(parse.UnmatchedTokens, PluginLoading.Load(entry));
        using var unfinished = new UnfinishedRun();
        var inputs = Inputs(parse, engine, order.Progress) with { CommandLine = order.Arguments };
        return AnalysisRun.Execute(new RunRequest { Plugin = plugin, Options = options, Inputs = inputs, Out = place, Watch = order.Watch });
    }

    private static int RunOne(ParseResult parse)
    {
        var entry = Cli.Plugins.Find(parse, parse.GetValue(Plugin)!);
        return Isolating.Applies(parse, entry, () => KeepsModels(parse)) ? RunIsolated(parse, entry) : RunHere(parse, entry);
    }

    private static int RunHere(ParseResult parse, PluginEntry entry)
    {
        var (plugin, options) = Bound(parse.UnmatchedTokens, PluginLoading.Load(entry));
        PrintedTables.Check(parse, plugin, parse.GetValue(Table), ModelsOf(parse).Length);
        using var stop = new Interrupt($"'{entry.Id}'");
        using var progress = new ConsoleProgress(!parse.GetValue(Quiet));
        using var engine = Engine(parse, parse.GetValue(GlobalOptions.Models), stop.Token);
        var request = new RunRequest { Plugin = plugin, Options = options, Inputs = Inputs(parse, engine, progress), Out = KeptRun.Place(parse) };
        if (parse.GetValue(Plan))
        {
            return PlanPrinter.Print(entry.Id, AnalysisRun.Plan(request), engine.Compute.Threads);
        }

        using var unfinished = new UnfinishedRun();
        var result = AnalysisRun.Execute(request);
        unfinished.Dispose();
        progress.Dispose();
        return Print(parse, result);
    }

    private static int RunIsolated(ParseResult parse, PluginEntry entry)
    {
        using var stop = new Interrupt($"'{entry.Id}'");
        using var progress = new ConsoleProgress(!parse.GetValue(Quiet));
        var isolation = Isolating.With(parse, Order(parse, entry));
        if (parse.GetValue(Plan))
        {
            return PlanPrinter.Print(entry.Id, IsolatedRun.Plan(isolation, entry.Id, stop.Token), ThreadsOf(parse) is > 0 and var threads ? threads : Environment.ProcessorCount);
        }

        var result = IsolatedRun.Execute(isolation, entry.Id, KeptRun.Place(parse), progress, stop.Token);
        progress.Dispose();
        return Print(parse, result);
    }

    /// <summary>An analysis with its options bound.</summary>
    /// <param name="typed">What the command line does not know.</param>
    /// <param name="plugin">The analysis.</param>
    public static (LoadedPlugin Plugin, object? Options) Bound(IReadOnlyList<string> typed, LoadedPlugin plugin) =>
        (plugin, OptionsBinder.Bind(plugin, CommandLineOptions.Parse(typed, name => plugin.Options.Any(option => option.Name == name && option.IsFlag))));

    private static IsolatedOrder Order(ParseResult parse, PluginEntry entry) => new()
    {
        Folder = entry.Folder,
        Analysis = entry.Id,
        Options = parse.UnmatchedTokens,
        Models = ModelsOf(parse),
        ModelsFolder = parse.GetValue(GlobalOptions.Models),
        ReadsPrompts = ReadsPrompts(parse),
        Prompts = Source(parse),
        KeepsPromptsPrivate = parse.GetValue(Private),
        CommandLine = Typed(parse),
        Device = parse.GetValue(Device),
        Threads = ThreadsOf(parse),
        Seed = parse.GetValue(Seed),
        NoCache = parse.GetValue(NoCache),
        UnverifiedWeights = parse.GetValue(UnverifiedWeights),
        Plans = parse.GetValue(Plan),
        WritesFiles = KeptRun.Folder(parse) is not null,
    };

    private static int RunAll(ParseResult parse)
    {
        if (parse.UnmatchedTokens.Count > 0)
        {
            throw new UsageException($"--plugin {AllRuns.Name} runs every analysis with its defaults; did not expect {string.Join(' ', parse.UnmatchedTokens)}.");
        }

        var catalog = Cli.Plugins.Discover(parse);
        Cli.Plugins.ReportFaults(catalog);
        using var stop = new Interrupt("the reading of prompts");
        using var progress = new ConsoleProgress(!parse.GetValue(Quiet));
        using var engine = Engine(parse, parse.GetValue(GlobalOptions.Models), stop.Token);
        var inputs = Inputs(parse, engine, progress);
        var keepsModels = KeepsModels(parse);
        Isolation? Isolated(PluginEntry entry) => Isolating.Applies(parse, entry, () => keepsModels) ? Isolating.With(parse, Order(parse, entry) with { Prompts = inputs.Again() }) : null;
        if (parse.GetValue(Plan))
        {
            return PlanPrinter.Print(AllRuns.Plan(catalog, inputs, Isolated), engine.Compute.Threads);
        }

        using var unfinished = new UnfinishedRun();
        var lines = new OutcomeLines([.. catalog.Entries.Select(entry => entry.Id)], progress, stop);
        var outcomes = AllRuns.Execute(catalog, KeptRun.Place(parse), inputs, Isolated, lines.Begins, lines.Ended);
        unfinished.Dispose();
        progress.Dispose();
        KeptRun.WriteReport(parse, KeptRun.Folder(parse)!);
        lines.Summary(outcomes);
        return outcomes.Any(run => run.End == RunEnd.Stopped) ? ExitCode.Interrupted : outcomes.Any(run => run.End == RunEnd.Failed) ? ExitCode.Failed : ExitCode.Success;
    }

    private static string[] ModelsOf(ParseResult parse) => parse.GetValue(Model) is { Length: > 0 } typed ? [.. new ModelLocator(parse.GetValue(GlobalOptions.Models)).Matching(typed)] : [];

    private static PromptSource Source(ParseResult parse) => PromptsOf(parse) with { AddSpecial = !parse.GetValue(NoSpecial), AddBeginning = parse.GetValue(Beginning) };

    private static IReadOnlyList<string> Typed(ParseResult parse) => PromptArguments.Typed(Environment.GetCommandLineArgs()[1..], parse.GetValue(Private));

    private static bool ReadsPrompts(ParseResult parse) => !PromptsOf(parse).IsEmpty && parse.GetValue(Plugin) != AllRuns.Name;

    private static bool KeepsModels(ParseResult parse) => new ModelFiles(parse.GetValue(GlobalOptions.Models), ReadsPrompts(parse), ModelsOf(parse)).AreKept;

    /// <summary>More threads than processors only stand in each other's way.</summary>
    private static int ThreadsOf(ParseResult parse) => Math.Min(parse.GetValue(Threads), Environment.ProcessorCount);

    /// <summary>What opens models and computes, as a command line asks for it.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="models">--models.</param>
    /// <param name="stop">Ends what runs.</param>
    public static OnnxEngine Engine(ParseResult parse, string? models, CancellationToken stop) => new(
        models,
        ReadsPrompts(parse),
        new OpenOptions
        {
            Device = parse.GetValue(Device),
            Cancellation = stop,
            Weights = parse.GetValue(UnverifiedWeights) ? WeightsPolicy.Report : WeightsPolicy.Require,
            HashFolder = parse.GetValue(NoCache) ? null : UserCache.Folder("hashes"),
        },
        ThreadsOf(parse),
        keepsLists: !parse.GetValue(NoCache));

    /// <summary>What an analysis runs on, as a command line asks for it.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="engine">Opens the models.</param>
    /// <param name="progress">Told how far it is.</param>
    public static RunInputs Inputs(ParseResult parse, OnnxEngine engine, IProgress<Progress> progress) => new()
    {
        Engine = engine,
        Models = ModelsOf(parse),
        Prompts = Source(parse),
        CommandLine = Typed(parse),
        KeepsPromptsPrivate = parse.GetValue(Private),
        Seed = parse.GetValue(Seed),
        Progress = progress,
    };

    /// <summary>What people see of a run, as a command line asks for it.</summary>
    /// <param name="parse">The command line.</param>
    public static ResultView View(ParseResult parse) => new() { Rows = parse.GetValue(Rows), Table = parse.GetValue(Table), Query = PrintedTables.Of(parse) };

    private static int Print(ParseResult parse, RunResult result)
    {
        if (!result.FoundNothing)
        {
            ConsoleResult.Write(result, parse.GetValue(Format)!, View(parse));
        }

        if (result.Said is { } said)
        {
            Console.Error.WriteLine(DisplayText.Text(said));
        }

        if (result.Error is not null)
        {
            return Failure.Report(result.Error, parse.GetValue(GlobalOptions.Verbose));
        }

        if (KeptRun.Folder(parse) is { } folder)
        {
            folder = folder.Contains('{', StringComparison.Ordinal) ? result.Folder! : folder;
            KeptRun.WriteReport(parse, folder);
            Console.Error.WriteLine($"wrote {folder}");
        }

        return result.ExitCode;
    }
}
