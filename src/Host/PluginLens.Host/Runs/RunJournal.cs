using System.Text;
using Newtonsoft.Json;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>How far a run's tables are whole, on disk: what <c>--resume</c> goes on from.</summary>
internal sealed record RunJournal
{
    /// <summary>Its file in the run's folder.</summary>
    public const string FileName = "resume.json";

    /// <summary>A hash of all that the rows depend on: analysis, options, models, prompts, seed.</summary>
    public required string Identity { get; init; }

    /// <summary>Prompts finished, from the first.</summary>
    public int PromptsDone { get; init; }

    /// <summary>Of each table how long its file was then, and how many rows that are.</summary>
    public IReadOnlyDictionary<string, Mark> Tables { get; init; } = new Dictionary<string, Mark>();

    /// <summary>Reads the journal of a folder; null where there is none that can be read.</summary>
    /// <param name="folder">The folder of a run that broke off.</param>
    public static RunJournal? Read(string folder)
    {
        try
        {
            var journal = JsonConvert.DeserializeObject<RunJournal>(Files.RegularFile.Text(Path.Combine(folder, FileName), Files.SizeLimit.Configuration));
            return journal is { PromptsDone: > 0, Identity: not null, Tables: not null } && journal.Tables.All(table => ResultNames.IsKebab(table.Key) && table.Value is { Bytes: >= 0, Rows: >= 0 }) ? journal : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it in one step: a process that is killed meanwhile leaves the one before.</summary>
    /// <param name="folder">The run's folder.</param>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        WrittenFile.WriteAll(path + ".new", Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(this)));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The whole rows of a table.</summary>
    /// <param name="Bytes">Length of its file.</param>
    /// <param name="Rows">Rows in it.</param>
    internal sealed record Mark(long Bytes, long Rows);
}
