using PluginLens.Host;
using PluginLens.Models;
using PluginLens.Models.Sessions;
using PluginLens.Numerics;

namespace PluginLens.Cli;

/// <summary>Model folders on ONNX Runtime, and the processor's compute service.</summary>
internal sealed class OnnxEngine : Engine
{
    private readonly Dictionary<string, OnnxModel> _models = new(StringComparer.Ordinal);
    private readonly ModelLocator _locator;
    private readonly OpenOptions _options;

    /// <summary>Opens nothing yet; a device that was asked for and does not work is an error at once, whether the analysis would use it or not.</summary>
    /// <param name="root">--models.</param>
    /// <param name="readsPrompts">Whether the default model is to be one for prompts.</param>
    /// <param name="options">Device, Ctrl-C, what is asked of the weights.</param>
    /// <param name="threads">Threads; 0 = one for each processor.</param>
    /// <param name="keepsLists">Whether vocabulary lists are kept in the user's cache folder.</param>
    public OnnxEngine(string? root, bool readsPrompts, OpenOptions options, int threads, bool keepsLists)
        : base(options.Cancellation)
    {
        if (options.Device == Device.Cuda)
        {
            DeviceChoice.Try(Device.Cuda);
        }

        (_locator, _options) = (new ModelLocator(root, readsPrompts), options);
        Compute = new CpuCompute(threads, options.Cancellation);
        Cache = keepsLists && UserCache.Folder("top-k") is { } folder ? new DiskTopKCache(folder, $"{Versions.Program} {typeof(CpuCompute).Module.ModuleVersionId}", model => (model as OnnxModel)?.Changed is null) : new TopKCache();
    }

    /// <inheritdoc/>
    public override Compute Compute { get; }

    /// <inheritdoc/>
    public override TopKCache Cache { get; }

    /// <inheritdoc/>
    public override (string Device, string? Reason) DeviceUsed =>
        _models.Values.Select(model => model.DeviceUsed).FirstOrDefault(used => used is not null) is { } used ? (used.UsesCuda ? "cuda" : "cpu", used.Reason) : ("cpu", null);

    /// <inheritdoc/>
    public override string? Changed => _models.Values.Select(model => model.Changed).FirstOrDefault(changed => changed is not null);

    /// <inheritdoc/>
    public override void BeginRun()
    {
        foreach (var model in _models.Values)
        {
            model.BeginRun();
        }
    }

    /// <inheritdoc/>
    public override Model Open(string? name)
    {
        var folder = _locator.Find(name);
        if (!_models.TryGetValue(folder, out var model))
        {
            _models.Add(folder, model = ModelFolder.Open(folder, _options));
        }

        return model;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var model in _models.Values)
        {
            model.Dispose();
        }

        base.Dispose(disposing);
    }
}
