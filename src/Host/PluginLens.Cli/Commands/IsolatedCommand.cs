using System.CommandLine;
using PluginLens.Host;
using PluginLens.Models;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens isolated</c>: the process of an isolated analysis. The program starts it for itself.</summary>
internal static class IsolatedCommand
{
    /// <summary>What stands on its command line.</summary>
    public const string Name = "isolated";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var control = new Argument<string>("control") { Description = "Handle of the pipe from the host." };
        var results = new Argument<string>("results") { Description = "Handle of the pipe to the host." };
        var command = new Command(Name, "Runs one analysis for the program that started this process.") { control, results };
        command.Hidden = true;
        command.SetAction(parse => IsolatedAnalysis.Serve(parse.GetValue(control)!, parse.GetValue(results)!, (text, progress, cancellation) => Open(parse, IsolatedOrder.Of(text), progress, cancellation)));
        return command;
    }

    private static IsolatedRequest Open(ParseResult parse, IsolatedOrder order, IProgress<Progress> progress, CancellationToken cancellation)
    {
        var (plugin, options) = RunCommand.Bound(order.Options, Cli.Plugins.LoadFrom(parse, order.Folder, order.Analysis));
        var engine = new OnnxEngine(
            order.ModelsFolder,
            order.ReadsPrompts,
            new OpenOptions
            {
                Device = order.Device,
                Cancellation = cancellation,
                Weights = order.UnverifiedWeights ? WeightsPolicy.Report : WeightsPolicy.Require,
                HashFolder = order.NoCache ? null : UserCache.Folder("hashes"),
            },
            order.Threads,
            keepsLists: !order.NoCache);
        var inputs = new RunInputs
        {
            Engine = engine,
            Models = order.Models,
            Prompts = order.Prompts,
            CommandLine = order.CommandLine,
            KeepsPromptsPrivate = order.KeepsPromptsPrivate,
            Seed = order.Seed,
            Progress = progress,
        };
        return new IsolatedRequest(new RunRequest { Plugin = plugin, Options = options, Inputs = inputs }, order.Plans, order.WritesFiles);
    }
}
