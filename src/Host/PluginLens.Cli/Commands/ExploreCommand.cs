using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Newtonsoft.Json;
using PluginLens.Explore;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens explore</c>: a page on this machine that runs analyses and shows what they find.</summary>
internal static class ExploreCommand
{
    private static readonly Option<string?> Model = new("--model", "-m") { Description = "The model that is chosen at first: a name under the models folder, or any model folder.", HelpName = "NAME|FOLDER" };
    private static readonly Option<int> Port = new("--port") { Description = "The port on 127.0.0.1; 0 = one that is free.", HelpName = "N" };
    private static readonly Option<bool> NoOpen = new("--no-open") { Description = "Print the address and open no browser." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("explore", """
            Serves a page for this machine alone: choose a model and an analysis, type a prompt, set options, and see tables and figures as in a report. Ctrl-C ends it.

            Examples:
              pluginlens explore
              pluginlens explore --model tiny-gpt2 --port 8080 --no-open
            """)
        {
            Model, Port, NoOpen,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.GetValue(Port) is (< 0 or > 65535) and var port)
        {
            throw new UsageException($"--port {port}: expected a port from 1 to 65535, or 0 for one that is free.");
        }

        Serve(parse);
        return ExitCode.Success;
    }

    /// <summary>A method of its own: no other command loads the server's assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Serve(ParseResult parse)
    {
        using var stop = new Interrupt("the page", "runs that were kept as folders stay");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            ended.Cancel();
        });
        using var runs = new ExploredRuns((RootCommand)parse.RootCommandResult.Command);
        ExploreServer.Serve(Setup(parse, runs), parse.GetValue(Port), address => Begun(address, !parse.GetValue(NoOpen)), ended.Token);
    }

    private static ExploreSetup Setup(ParseResult parse, ExploredRuns runs)
    {
        var locator = new ModelLocator(parse.GetValue(GlobalOptions.Models), readsPrompts: true);
        var asked = parse.GetValue(Model);
        var first = FoundModel.Of(locator.Find(asked));
        if (first.Error is not null)
        {
            throw new ModelException(first.Error);
        }

        var name = asked ?? first.Name;
        var found = locator.All().Select(FoundModel.Of).Select(model => new ModelChoice(model.Name, model.Config, model.Error)).ToList();
        if (found.TrueForAll(model => model.Name != name))
        {
            found.Insert(0, new ModelChoice(name, first.Config, null));
        }

        var catalog = Plugins.Discover(parse);
        Plugins.ReportFaults(catalog);
        string[] places =
        [
            .. (parse.GetValue(GlobalOptions.Plugins) ?? []).SelectMany(folder => new[] { "--plugins", folder }),
            .. parse.GetValue(GlobalOptions.Models) is { } models ? new[] { "--models", models } : [],
        ];
        return new ExploreSetup
        {
            Models = found,
            Model = name,
            Catalog = catalog,
            IsOwn = Plugins.IsOwn,
            Describe = entry => Plugins.IsOwn(entry) ? JsonConvert.SerializeObject(DescribeCommand.Data(PluginLoading.Load(entry))) : DescribedElsewhere(entry, places),
            Places = places,
            Run = runs.Run,
            Say = Failure.Line,
        };
    }

    /// <summary>What a plugin from elsewhere says of itself, from a process of its own.</summary>
    private static string DescribedElsewhere(PluginEntry entry, string[] places)
    {
        var (program, arguments) = Isolating.OwnProgram();
        using var process = Process.Start(new ProcessStartInfo(program, [.. arguments, "describe", entry.Id, "--format", "json", .. places]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            process.Kill(entireProcessTree: true);
            throw new PluginException($"Plugin '{entry.PluginName}' does not say within ten seconds what options '{entry.Id}' has.");
        }

        return process.ExitCode == ExitCode.Success ? output.Result : throw new PluginException(errors.Result.ReplaceLineEndings(" ").Trim().Replace("pluginlens: ", string.Empty, StringComparison.Ordinal));
    }

    private static void Begun(string address, bool opens)
    {
        Console.WriteLine(address);
        Console.Out.Flush();
        if (!opens)
        {
            return;
        }

        try
        {
            using var browser = Process.Start(OperatingSystem.IsWindows() ? new ProcessStartInfo(address) { UseShellExecute = true }
                : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [address]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new PluginException($"No browser could be opened ({error.Message.ReplaceLineEndings(" ")}); --no-open prints the address alone.") { ExitCode = ExitCode.Failed };
        }
    }
}
