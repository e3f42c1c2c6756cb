using System.IO.Enumeration;
using PluginLens.Host;
using PluginLens.Hub;

namespace PluginLens.Cli;

/// <summary>Finds model folders: a name under a models folder, or any path.</summary>
/// <param name="folder">--models; null = the usual places.</param>
/// <param name="readsPrompts">Whether the default model is to be one that knows something of what prompts say, or one that is there at once.</param>
internal sealed class ModelLocator(string? folder, bool readsPrompts = false)
{
    /// <summary>Environment variable with folders of models, separated as in PATH.</summary>
    public const string Variable = "PLUGINLENS_MODELS";

    private const string Instant = "tiny-gpt2", Knowing = "smollm2-135m";

    /// <summary>Folders that hold models, first match wins: --models, PLUGINLENS_MODELS, models/onnx upwards from here and from the program.</summary>
    public IReadOnlyList<string> Roots { get; } = folder is not null
        ? Directory.Exists(folder) ? [folder] : throw new UsageException($"--models '{folder}': {(File.Exists(folder) ? "that is a file; expected a folder of model folders" : "no such folder")}.")
        : [.. Candidates().Where(Directory.Exists).Select(Path.GetFullPath).Distinct()];

    /// <summary>The folder of a model.</summary>
    /// <param name="nameOrPath">A name under a root, a folder, or null for the default model.</param>
    public string Find(string? nameOrPath)
    {
        if (nameOrPath is null)
        {
            return FindDefault();
        }

        var named = Roots.Select(root => Path.Combine(root, nameOrPath)).FirstOrDefault(IsModel);
        if (named is not null)
        {
            return named;
        }

        if (Exporter.IsCheckpoint(nameOrPath))
        {
            throw new ModelException($"'{nameOrPath}' is a checkpoint, not a model folder; make one of it first: pluginlens import {nameOrPath} models/onnx/{Path.GetFileName(Path.GetFullPath(nameOrPath))}");
        }

        if (Directory.Exists(nameOrPath) || File.Exists(nameOrPath))
        {
            return nameOrPath;
        }

        string[] names = [.. All().Select(path => Path.GetFileName(path))];
        if (names.FirstOrDefault(name => name.Equals(nameOrPath, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            return Find(other);
        }

        throw new ModelException(
            $"No model '{nameOrPath}'{(Suggestion.Of(nameOrPath, names) is { } near ? $"; {near} It is" : ":")} neither a folder nor a name under {(Roots.Count == 0 ? "a models folder (none found; give --models)" : string.Join(", ", Roots))}. 'pluginlens models' lists what is there{(RepositoryName.Of(nameOrPath) is null ? string.Empty : $"; a repository on the hub is fetched by 'pluginlens import {nameOrPath}'")}.");
    }

    /// <summary>Every model folder under the roots, by name; a name found twice belongs to the first root.</summary>
    public IReadOnlyList<string> All() => [.. Roots
        .SelectMany(root => Directory.EnumerateDirectories(root).Where(IsModel).OrderBy(path => path, StringComparer.Ordinal))
        .DistinctBy(Path.GetFileName)];

    /// <summary>Names with <c>*</c> or <c>?</c> stand for every model under the roots that fits, in order of names; others for themselves.</summary>
    /// <param name="names">What was typed.</param>
    public IEnumerable<string> Matching(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (name.AsSpan().IndexOfAny('*', '?') < 0 || Path.Exists(name))
            {
                yield return name;
                continue;
            }

            string[] fitting = [.. All().Select(path => Path.GetFileName(path)!).Where(model => FileSystemName.MatchesSimpleExpression(name, model)).Order(StringComparer.Ordinal)];
            foreach (var model in fitting.Length > 0 ? fitting : throw new ModelException($"No model fits '{name}': expected names under {(Roots.Count == 0 ? "a models folder (none found; give --models)" : string.Join(", ", Roots))}. 'pluginlens models' lists what is there."))
            {
                yield return model;
            }
        }
    }

    private static bool IsModel(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.onnx").Any();

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            foreach (var path in variable.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            {
                yield return path;
            }
        }

        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                yield return Path.Combine(at.FullName, "models", "onnx");
            }
        }
    }

    private string FindDefault()
    {
        var all = All();
        string? Named(string name) => all.FirstOrDefault(path => Path.GetFileName(path) == name);
        return (readsPrompts ? Named(Knowing) : null) ?? Named(Instant) ?? (all.Count > 0 ? all[0] : null)
            ?? throw new ModelException("No model found: give --model FOLDER, or put a model folder under models/onnx.");
    }
}
