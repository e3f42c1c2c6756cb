using PluginLens.Host;

namespace PluginLens.Pictures.Tests;

/// <summary>The folder of a run written by hand, gone afterwards.</summary>
internal sealed class StoredRun : IDisposable
{
    private readonly List<string> _tables = [];
    private readonly List<string> _files = [];

    public StoredRun() => Folder = Directory.CreateTempSubdirectory("pluginlens-test-").FullName;

    public string Folder { get; }

    public StoredRun Table(string name, string csv, string kinds, bool complete = true)
    {
        File.WriteAllText(Path.Combine(Folder, complete ? $"{name}.csv" : $"{name}.incomplete.csv"), csv);
        var columns = string.Join(',', csv.Split('\n')[0].Split(',').Select(column => $"\"{column}\""));
        _tables.Add($$"""{"name":"{{name}}","rows":1,"complete":{{(complete ? "true" : "false")}},"columns":[{{columns}}],"kinds":[{{string.Join(',', kinds.Split(' ').Select(kind => $"\"{kind}\""))}}],"group_by":1}""");
        return this;
    }

    public StoredRun Figure(string name, string json)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "figures"));
        File.WriteAllText(Path.Combine(Folder, "figures", $"{name}.json"), json);
        _files.Add($"figures/{name}.json");
        return this;
    }

    public RecordedRun Read()
    {
        File.WriteAllText(Path.Combine(Folder, "run.json"), $$"""
            {"plugin":"pairs","command_line":["run"],"model":{"name":"tiny"},"further_models":[],"verdict":"exact","status":"complete","notes":["W_E"],"warnings":[],
            "tables":[{{string.Join(',', _tables)}}],"files":[{{string.Join(',', _files.Select(file => $"\"{file}\""))}}]}
            """);
        return RecordedRun.Read(Folder);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
