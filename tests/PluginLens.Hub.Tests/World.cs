using System.Collections.Concurrent;
using PluginLens.Tests.Shared;

namespace PluginLens.Hub.Tests;

/// <summary>A hub with a repository <c>org/model</c>, an empty cache, and a clock that nobody waits for.</summary>
internal sealed class World : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pluginlens-hub-");

    public World(bool listsIds = true)
    {
        Repository = new FakeRepository("org/model") { ListsIds = listsIds };
        Hub = new FakeHub(Repository);
        Settings = new HubSettings { Endpoint = Hub.Address, Cache = Path.Combine(_folder.FullName, "hub"), TokenSource = "none is set: HF_TOKEN", AnswerTimeout = TimeSpan.FromMinutes(1), DownloadTimeout = TimeSpan.FromMinutes(1) };
        Machine = new HubSurroundings { Delay = (wait, _) => Waited(wait) };
    }

    public FakeRepository Repository { get; }

    public FakeHub Hub { get; }

    public HubSettings Settings { get; set; }

    public HubSurroundings Machine { get; set; }

    /// <summary>How long was to be waited, each time.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    /// <summary>Bytes that say something about their place.</summary>
    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A small checkpoint whose weights are of so many bytes.</summary>
    public byte[] CommitCheckpoint(int size = 5000, int seed = 1)
    {
        var weights = Bytes(size, seed);
        Repository.Commit(("config.json", "{}"u8.ToArray()), ("tokenizer.json", "{ }"u8.ToArray()), ("README.md", "hello"u8.ToArray()), ("model.safetensors", weights));
        return weights;
    }

    public FetchedModel Fetch(string? pattern = null, string? revision = null, CancellationToken cancellation = default) =>
        new ModelHub(Settings) { Surroundings = Machine }.Fetch(new RepositoryName("org", "model"), revision, pattern, ["tokenizer.json", "*.tiktoken"], Reports, cancellation);

    /// <summary>What was reported.</summary>
    public Reported Reports { get; } = new();

    /// <summary>The repository's folder in the cache, and a path in it.</summary>
    public string At(params string[] parts) => Path.Combine([Settings.Cache, "models--org--model", .. parts]);

    /// <summary>Files in the cache that belong to no content.</summary>
    public IEnumerable<string> Parts => Directory.Exists(At("blobs")) ? Directory.EnumerateFiles(At("blobs"), "*.part") : [];

    /// <summary>How often the content of a large file was asked for, and from where.</summary>
    public IEnumerable<long> ContentRequests(byte[] content) => Hub.Requests.Where(request => request.Path == $"/storage/{Repository.Id(content)}").Select(request => request.From ?? 0);

    public void Dispose()
    {
        Hub.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task Waited(TimeSpan wait)
    {
        Waits.Enqueue(wait);
        return Task.CompletedTask;
    }

    /// <summary>Keeps reports in their order.</summary>
    internal sealed class Reported : IProgress<Progress>
    {
        public ConcurrentQueue<Progress> All { get; } = [];

        /// <summary>What a test does meanwhile.</summary>
        public Action<Progress> OnReport { get; set; } = _ => { };

        public void Report(Progress value)
        {
            All.Enqueue(value);
            OnReport(value);
        }
    }
}
