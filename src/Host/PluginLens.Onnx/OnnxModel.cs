using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PluginLens.Onnx.Files;
using PluginLens.Onnx.Proto;
using PluginLens.Onnx.Slices;
using PluginLens.Onnx.Tokenizers;

namespace PluginLens.Onnx;

/// <summary>A model folder that is open: mapped weights, slices on demand, tokenizer on demand.</summary>
public sealed class OnnxModel : Model
{
    /// <summary>Sessions kept open; the oldest goes first.</summary>
    private const int MostSessions = 8;

    private readonly ModelProto _proto;
    private readonly Metadata _metadata;
    private readonly Dictionary<string, StoredWeight> _weights;
    private readonly MappedFile[] _maps;
    private readonly OpenOptions _options;
    private readonly LinkedList<(string Key, SliceSession Session)> _sessions = [];
    private readonly Lock _lock = new();
    private readonly Lazy<ModelTokenizer?> _tokenizer;
    private readonly Lazy<DeviceChoice> _device;

    internal OnnxModel(string folder, ModelProto proto, ModelConfig config, Metadata metadata, Dictionary<string, StoredWeight> weights, MappedFile[] maps, string hash, OpenOptions options)
    {
        (Folder, _proto, Config, _metadata, _weights, _maps, Sha256, _options) = (folder, proto, config, metadata, weights, maps, hash, options);
        _tokenizer = new(() => metadata.TokenizerFiles.Count == 0 ? null : TokenizerFiles.Load(folder, metadata.TokenizerFiles.Keys));
        _device = new(() => DeviceChoice.Try(options.Device));
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public override ModelConfig Config { get; }

    /// <inheritdoc/>
    public override string Sha256 { get; }

    /// <inheritdoc/>
    public override ModelTokenizer? Tokenizer => _tokenizer.Value;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> WeightNames => _weights.Keys;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => _metadata.Hooks;

    /// <summary>Where forward passes run; tried once, when first asked for.</summary>
    public DeviceChoice Device => _device.Value;

    /// <summary>Where forward passes ran; null before the first.</summary>
    public DeviceChoice? DeviceUsed => _device.IsValueCreated ? _device.Value : null;

    /// <summary>Name of each tokenizer file with its sha-256.</summary>
    public IReadOnlyDictionary<string, string> TokenizerFileHashes => _metadata.TokenizerFiles;

    /// <summary>Extents of a weight, without reading it.</summary>
    /// <param name="name">Weight name.</param>
    public IReadOnlyList<int> ShapeOf(string name) => Stored(name).Shape;

    /// <inheritdoc/>
    public override bool HasWeight(string name) => _weights.ContainsKey(name);

    /// <inheritdoc/>
    public override Tensor Weight(string name) => Stored(name).Read();

    /// <inheritdoc/>
    public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(hooks);
        var unknown = hooks.Concat(input.Replace.Keys).FirstOrDefault(hook => !Hooks.ContainsKey(hook));
        if (unknown is not null)
        {
            throw new ModelException($"Model '{Config.Name}' has no hook '{unknown}'; 'pluginlens inspect {Config.Name}' lists them.");
        }

        var computed = hooks.Where(hook => !input.Replace.ContainsKey(hook)).Distinct().ToList();
        var results = hooks.Where(input.Replace.ContainsKey).ToDictionary(hook => hook, hook => input.Replace[hook], StringComparer.Ordinal);
        if (computed.Count > 0)
        {
            Compute(input, computed, results);
        }

        return new Activations(results);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var (_, session) in _sessions)
        {
            session.Dispose();
        }

        _sessions.Clear();
        foreach (var map in _maps)
        {
            map.Dispose();
        }

        base.Dispose(disposing);
    }

    private StoredWeight Stored(string name) => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new ModelException($"Model '{Config.Name}' has no weight '{name}'; 'pluginlens inspect {Config.Name}' lists them.");

    private void Compute(ModelInput input, List<string> hooks, Dictionary<string, Tensor> results)
    {
        var session = Session(hooks, input.Replace.Keys);
        var inputs = SliceInputs.Bind(session.Slice, input, Config, Hooks);
        try
        {
            using var values = session.Run(inputs, hooks, _options.Cancellation);
            for (var at = 0; at < hooks.Count; at++)
            {
                results[hooks[at]] = Copy(hooks[at], values.ElementAt(at));
            }
        }
        finally
        {
            foreach (var value in inputs.Values)
            {
                value.Dispose();
            }
        }
    }

    private static Tensor Copy(string hook, OrtValue value)
    {
        var shape = value.GetTensorTypeAndShape();
        var data = shape.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
            ? Array.ConvertAll(value.GetTensorDataAsSpan<long>().ToArray(), number => (float)number)
            : value.GetTensorDataAsSpan<float>().ToArray();

        // Masked scores are -inf; a NaN anywhere means that the numbers are worth nothing.
        return data.AsSpan().IndexOf(float.NaN) < 0 && !data.Any(float.IsNaN)
            ? new Tensor(hook, data, [.. shape.Shape.Select(extent => (int)extent)])
            : throw new ModelException($"The forward pass gives NaN at '{hook}': the weights or the input are out of range.");
    }

    /// <summary>The session for a set of hooks, made where it is not at hand.</summary>
    private SliceSession Session(List<string> hooks, IEnumerable<string> replaced)
    {
        var fed = replaced.Order(StringComparer.Ordinal).ToList();
        var key = string.Join(',', hooks.Order(StringComparer.Ordinal)) + "<-" + string.Join(',', fed);
        lock (_lock)
        {
            for (var node = _sessions.First; node is not null; node = node.Next)
            {
                if (node.Value.Key == key)
                {
                    _sessions.Remove(node);
                    _sessions.AddFirst(node);
                    return node.Value.Session;
                }
            }

            var slice = GraphSlice.Cut(_proto, Hooks, hooks, fed, _weights.ContainsKey);
            var session = new SliceSession(slice, _weights, Folder, _options.Threads, Device.UsesCuda);
            _sessions.AddFirst((key, session));
            if (_sessions.Count > MostSessions)
            {
                // A pass that still runs on it keeps its own reference; the native session goes with the last one.
                _sessions.RemoveLast();
            }

            return session;
        }
    }
}
