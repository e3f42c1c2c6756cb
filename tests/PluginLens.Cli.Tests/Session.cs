using System.CommandLine;
using PluginLens.Cli.Commands;
using PluginLens.Host;

namespace PluginLens.Cli.Tests;

/// <summary>
/// Command lines of <c>run</c> in this process, one after the other, as <c>explore</c> runs them: the program is started and a model opened once for all. For tests that ask what an analysis finds and prints; those that ask
/// how the program starts, ends and fails start it (<see cref="Cli"/>).
/// </summary>
internal sealed class Session : IDisposable
{
    private readonly Lock _one = new();
    private readonly Dictionary<string, OnnxEngine> _engines = [];

    /// <summary>Paths among the arguments are read from the root of the repository.</summary>
    public Session() => Environment.CurrentDirectory = Cli.Root;

    /// <summary>The program's own analyses.</summary>
    public static PluginCatalog Catalog { get; } = PluginCatalog.Discover([Path.Combine(Path.GetDirectoryName(Cli.Program)!, "plugins")]);

    /// <summary>Runs a command line; a run that fails is a failure of the test.</summary>
    /// <param name="arguments">As after the program's name, from <c>run</c> on. Nothing is taken from the user's cache.</param>
    /// <returns>What the run prints into a pipe.</returns>
    public string Run(params string[] arguments)
    {
        string[] typed = [.. arguments, "--no-cache", "--quiet"];
        var parse = Program.Parse(Program.Root(), typed);
        Assert.That(TypingError.Of(typed, parse), Is.Null);
        var (plugin, options) = RunCommand.Bound(parse.UnmatchedTokens, PluginLoading.Load(Catalog.Find(parse.GetRequiredValue<string>("--plugin"))));
        using var progress = new ConsoleProgress(enabled: false);
        using var output = new StringWriter { NewLine = "\n" };
        lock (_one)
        {
            var result = AnalysisRun.Execute(new RunRequest { Plugin = plugin, Options = options, Inputs = RunCommand.Inputs(parse, EngineOf(parse), progress) with { CommandLine = typed }, Out = KeptRun.Place(parse) });
            Assert.That((result.Error, result.ExitCode), Is.EqualTo(((Exception?)null, ExitCode.Success)), string.Join(' ', arguments));
            ConsoleResult.Write(output, result, parse.GetRequiredValue<string>("--format"), RunCommand.View(parse));
        }

        return output.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var engine in _engines.Values)
        {
            engine.Dispose();
        }
    }

    /// <summary>An engine is made for a number of threads, and for the model that nobody names.</summary>
    private OnnxEngine EngineOf(ParseResult parse)
    {
        var key = $"{parse.GetValue<int>("--threads")} {RunCommand.PromptsOf(parse).IsEmpty}";
        if (!_engines.TryGetValue(key, out var engine))
        {
            _engines.Add(key, engine = RunCommand.Engine(parse, models: null, CancellationToken.None));
        }

        return engine;
    }
}
