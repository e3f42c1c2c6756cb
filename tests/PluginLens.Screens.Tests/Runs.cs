using System.CommandLine;
using PluginLens.Cli;
using PluginLens.Cli.Commands;
using PluginLens.Host;
using PluginLens.Models;

namespace PluginLens.Screens.Tests;

/// <summary>Runs of the program's own plugins in this process, each once; models are opened once for all.</summary>
internal sealed class Runs : IDisposable
{
    private readonly OnnxEngine _engine;
    private readonly PluginCatalog _catalog = PluginCatalog.Discover([Places.Plugins]);
    private readonly Dictionary<string, RunResult> _results = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pluginlens-screens-");

    /// <summary>Paths among the arguments are read from the root of the repository.</summary>
    /// <param name="readsPrompts">Whether the model that nobody names is the one for prompts.</param>
    public Runs(bool readsPrompts = false)
    {
        Environment.CurrentDirectory = Places.Root;
        _engine = new OnnxEngine(Path.Combine(Places.Root, "models", "onnx"), readsPrompts, new OpenOptions(), threads: 0, keepsLists: false);
    }

    /// <summary>Ids of all analyses.</summary>
    public IEnumerable<string> Analyses => _catalog.Entries.Select(entry => entry.Id);

    /// <summary>What a case found.</summary>
    /// <param name="run">The case.</param>
    public RunResult Of(Case run)
    {
        if (_results.TryGetValue(run.Analysis, out var before))
        {
            return before;
        }

        var parse = Program.Root().Parse(run.Arguments);
        Assert.That(parse.Errors, Is.Empty);
        var (plugin, options) = RunCommand.Bound(parse.UnmatchedTokens, PluginLoading.Load(_catalog.Find(run.Analysis)));
        var result = AnalysisRun.Execute(new RunRequest
        {
            Plugin = plugin,
            Options = options,
            Inputs = new RunInputs { Engine = _engine, Models = parse.GetValue<string[]>("--model") ?? [], Prompts = RunCommand.PromptsOf(parse) },
            Out = new RunPlace(Path.Combine(_folder.FullName, run.Analysis)),
        });
        Assert.That(result.Error, Is.Null);
        return _results[run.Analysis] = result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _folder.Delete(recursive: true);
    }
}
