using System.CommandLine;
using PluginLens.Cli.Commands;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>The <c>pluginlens</c> command: parsing and wiring only.</summary>
internal static class Program
{
    /// <summary>Every command.</summary>
    public static RootCommand Root() => new("Reads transformer language models in the space of their vocabulary.")
    {
        GlobalOptions.Plugins,
        GlobalOptions.Models,
        GlobalOptions.Verbose,
        RunCommand.Create(),
        RerunCommand.Create(),
        DiffCommand.Create(),
        FiguresCommand.Create(),
        ConvertCommand.Create(),
        ReportCommand.Create(),
        ExploreCommand.Create(),
        ListCommand.Create(),
        DescribeCommand.Create(),
        ModelsCommand.Create(),
        InspectCommand.Create(),
        ImportCommand.Create(),
        AttachTokenizerCommand.Create(),
        TokenizeCommand.Create(),
        VerifyCommand.Create(),
        DoctorCommand.Create(),
        PluginsCommand.Create(),
        CacheCommand.Create(),
        CompletionCommand.Create(),
        CompleteCommand.Create(),
        IsolatedCommand.Create(),
    };

    /// <summary>What a command line says. A word that begins with @ is itself and no file of words: texts do.</summary>
    /// <param name="root">Every command.</param>
    /// <param name="args">As typed.</param>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args) => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    private static void Main(string[] args)
    {
        var code = Run(args);

        // A plugin's thread that never ends is no reason not to.
        Console.Out.Flush();
        Environment.Exit(code);
    }

    private static int Run(string[] args)
    {
        Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Terminal.Begin();
        if (args is ["--version"])
        {
            Console.WriteLine($"pluginlens {Versions.Program}, contract {PluginLoading.ContractVersion.ToString(2)}");
            return ExitCode.Success;
        }

        var root = Root();
        RunHelp.Use(root);
        string[] meant;
        try
        {
            meant = TypedCommand.Meant(args, root);
        }
        catch (UsageException error)
        {
            return Failure.Report(error, verbose: false);
        }

        var parse = Parse(root, meant);
        if (TypingError.Of(meant, parse) is { } wrong)
        {
            return Failure.Report(new UsageException(wrong), verbose: false);
        }

        try
        {
            if (!parse.CommandResult.Command.Hidden)
            {
                Hints.SayOfVariables(parse.GetValue(GlobalOptions.Models) is null ? [] : [ModelLocator.Variable]);
            }

            return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception error)
        {
            return Failure.Report(error, parse.GetValue(GlobalOptions.Verbose));
        }
    }
}
