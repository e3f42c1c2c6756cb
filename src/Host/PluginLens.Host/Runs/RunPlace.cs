using Newtonsoft.Json.Linq;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>Where a run is to be kept, and what may happen to what is there.</summary>
/// <param name="Path">The folder; <c>{plugin}</c> and <c>{model}</c> stand for their names.</param>
public sealed record RunPlace(string Path)
{
    /// <summary>Whether an earlier run there is replaced (<c>--force</c>).</summary>
    public bool Replaces { get; init; }

    /// <summary>Whether a run that broke off there is taken up again (<c>--resume</c>).</summary>
    public bool Resumes { get; init; }

    /// <summary>How tables are kept.</summary>
    public TableFormat Tables { get; init; }

    /// <summary>How figures are drawn beside their data, <c>figures/NAME.EXTENSION</c>: the extension, and what draws.</summary>
    public IReadOnlyList<(string Extension, Action<Figure, Stream> Draw)> Pictures { get; init; } = [];

    /// <summary>The same with the names filled in.</summary>
    /// <param name="plugin">Id of the analysis.</param>
    /// <param name="model">Name of the first model.</param>
    public RunPlace For(string plugin, string model) => this with
    {
        Path = Path.Replace("{plugin}", plugin, StringComparison.Ordinal).Replace("{model}", string.Concat(model.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '-')), StringComparison.Ordinal),
    };

    /// <summary>Refuses what a run must not be put into; said before anything is computed.</summary>
    /// <exception cref="UsageException">There is something that would be lost.</exception>
    public void Check()
    {
        if (string.IsNullOrWhiteSpace(Path))
        {
            throw new UsageException("--out is empty: name a folder.");
        }

        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path));
        if (System.IO.Path.GetFileName(full).Length == 0)
        {
            throw new UsageException($"--out '{Path}': a run takes the place of its folder; name one below it.");
        }

        if (new FileInfo(full).LinkTarget is { } target)
        {
            throw new UsageException($"--out '{Path}' is a link to '{target}': a run takes the place of its folder; name the folder itself, or a new one.");
        }

        if (File.Exists(full))
        {
            throw new UsageException($"--out '{Path}' is a file; name a new folder.");
        }

        for (var above = System.IO.Path.GetDirectoryName(full); above is not null; above = System.IO.Path.GetDirectoryName(above))
        {
            if (File.Exists(above))
            {
                throw new UsageException($"--out '{Path}': '{above}' is a file; expected a folder.");
            }
        }

        if (!Directory.Exists(full) || !Directory.EnumerateFileSystemEntries(full).Any())
        {
            return;
        }

        var (analysis, status) = Kept(full);
        if (analysis is null)
        {
            throw new UsageException($"--out '{Path}' is not empty, and holds no run: name a new folder, or one in it.");
        }

        if (!Replaces && !(Resumes && status != "complete"))
        {
            throw new UsageException(Resumes
                ? $"--resume: the run of '{analysis}' in '{Path}' is complete; there is nothing to take up again."
                : $"--out '{Path}' holds a run of '{analysis}'{(status == "complete" ? string.Empty : $" ({status})")}: name another folder, or replace it with --force.");
        }
    }

    /// <summary>Analysis and status of the run that a folder holds; null where it holds none.</summary>
    private static (string? Analysis, string? Status) Kept(string folder)
    {
        try
        {
            var json = JObject.Parse(RegularFile.Text(System.IO.Path.Combine(folder, "run.json"), SizeLimit.RunRecord));
            return ((string?)json["plugin"], (string?)json["status"]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Newtonsoft.Json.JsonException or ArgumentException or InvalidCastException)
        {
            return (null, null);
        }
    }
}
