using System.Globalization;
using System.Runtime.CompilerServices;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Sessions;
using PluginLens.Models.Stitching;
using PluginLens.Tokenizers;

namespace PluginLens.Models;

/// <summary>A model folder that is open: mapped weights, slices on demand, tokenizer on demand.</summary>
public sealed class OnnxModel : Model
{
    /// <summary>Sessions kept open; the oldest goes first.</summary>
    private const int MostSessions = 8;

    private readonly ModelProto _proto;
    private readonly Metadata _metadata;
    private readonly Dictionary<string, ModelWeight> _weights;
    private readonly Dictionary<string, ModelWeight> _handed;
    private readonly Lazy<ModelWeight> _embedding;
    private readonly MappedFile[] _maps;
    private readonly OpenOptions _options;
    private readonly SessionCache _sessions = new(MostSessions);
    private readonly SliceInputs _inputs;
    private readonly Lazy<ModelTokenizer?> _tokenizer;
    private readonly Lazy<DeviceChoice> _device;
    private readonly StrongBox<bool> _ran;

    private readonly HashSet<OnnxModel> _views = [];
    private readonly OnnxModel? _original;

    internal OnnxModel(string folder, ModelProto proto, ModelConfig config, Metadata metadata, Dictionary<string, ModelWeight> weights, MappedFile[] maps, ModelHashes hashes, OpenOptions options, string? tokenizerFault)
    {
        (Folder, _proto, Config, _metadata, _weights, _maps, _options) = (folder, proto, config, metadata, weights, maps, options);
        (Sha256, WeightsSha256, WeightsState) = (hashes.Model, hashes.Weights, hashes.State);
        _inputs = SliceInputs.For(config, metadata.Hooks, weights);
        _handed = Handed(weights);
        _embedding = new(() => new PinnedWeight(TiedWeight.Embedding, Weight(TiedWeight.Embedding)));
        (TokenizerFault, _tokenizer) = (tokenizerFault, new(LoadTokenizer));
        (_device, _ran) = (new(() => DeviceChoice.Try(options.Device)), new());
    }

    /// <summary>A view of a model with other weights.</summary>
    private OnnxModel(OnnxModel original, Dictionary<string, ModelWeight> replaced)
    {
        (Folder, _metadata, _options, _maps, _inputs, _tokenizer, _device, _ran) = (original.Folder, original._metadata, original._options, [], original._inputs, original._tokenizer, original._device, original._ran);
        _embedding = original._embedding;
        WeightEdits.Of(original._weights, replaced);
        (_original, _proto, Config) = (original, WeightEdits.Of(original._proto, original._weights, replaced.Keys), WeightEdits.Of(original.Config, replaced));
        _weights = new(original._weights, StringComparer.Ordinal);
        foreach (var (name, weight) in replaced)
        {
            _weights[name] = weight;
        }

        _handed = Handed(_weights);
    }

    /// <summary>What befell the tokenizer's files since the model was made, or null.</summary>
    internal string? TokenizerFault { get; }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public override ModelConfig Config { get; }

    /// <inheritdoc/>
    public override string? Sha256 { get; }

    /// <inheritdoc/>
    public override string? WeightsSha256 { get; }

    /// <inheritdoc/>
    public override WeightsState? WeightsState { get; }

    /// <inheritdoc/>
    public override ModelTokenizer? Tokenizer => _tokenizer.Value;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> WeightNames => _weights.Keys;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => _metadata.Hooks;

    /// <summary>The graph, without the weights' data.</summary>
    internal ModelProto Proto => _proto;

    /// <summary>The graph as if every weight were stored in float32.</summary>
    internal ModelProto PlainProto => WeightEdits.Of(_proto, _weights, _weights.Keys);

    /// <summary>Every weight by name.</summary>
    internal IReadOnlyDictionary<string, ModelWeight> Weights => _weights;

    /// <summary>What identifies the folder, also of a view.</summary>
    internal string FolderSha256 => Sha256 ?? _original!.FolderSha256;

    /// <summary>Where a stitched model is joined; null for all others.</summary>
    internal StitchedFacts? Stitched => _metadata.Stitched;

    /// <summary>How many token ids the forward pass embeds: of a stitched model, those of its donor.</summary>
    internal int EmbeddingRows => _inputs.Vocabulary;

    /// <summary>How it was opened.</summary>
    internal OpenOptions OpenedWith => _options;

    /// <summary>Where forward passes run; tried once, when first asked for.</summary>
    public DeviceChoice Device => _device.Value;

    /// <summary>Where forward passes ran; null before the first since <see cref="BeginRun"/>.</summary>
    public DeviceChoice? DeviceUsed => _ran.Value ? _device.Value : null;

    /// <summary>Forward passes before this moment count no more as a use of the device.</summary>
    public void BeginRun() => _ran.Value = false;

    /// <summary>Name of each tokenizer file with its sha-256.</summary>
    public IReadOnlyDictionary<string, string> TokenizerFileHashes => _metadata.TokenizerFiles;

    /// <summary>Extents of a weight, without reading it.</summary>
    /// <param name="name">Weight name.</param>
    public IReadOnlyList<int> ShapeOf(string name) => Stored(name).Shape;

    /// <summary>How a weight is stored: its type, and the bits that a number takes, scales included.</summary>
    /// <param name="name">Weight name.</param>
    public (string Type, double Bits) StorageOf(string name)
    {
        var weight = Stored(name);
        var bits = 8.0 * weight.Stored.Sum(part => part.Bytes) / weight.Count;
        return weight is TiedWeight ? ($"{TiedWeight.Embedding} transposed", bits)
            : (WeightTypes.Of(Config).GetValueOrDefault(name, weight.Type == ElementType.Float ? "F32" : weight.Type == ElementType.Float16 ? "F16" : "BF16"), bits);
    }

    /// <inheritdoc/>
    public override bool HasWeight(string name) => _weights.ContainsKey(name);

    /// <inheritdoc/>
    public override Tensor Weight(string name) => Stored(name).Read();

    /// <inheritdoc/>
    public override Matrix WU => Stored("unembed.W_U") is TiedWeight tied ? tied.View : base.WU;

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
    public override Model WithWeights(IReadOnlyDictionary<string, Tensor> replacements)
    {
        ArgumentNullException.ThrowIfNull(replacements);
        var view = new OnnxModel(this, replacements.ToDictionary(entry => entry.Key, entry => WeightEdits.Of(Config, Stored(entry.Key), entry.Value), StringComparer.Ordinal));
        lock (_views)
        {
            _views.Add(view);
        }

        return view;
    }

    /// <inheritdoc/>
    public override void WriteStitched(string folder, Seam seam) => StitchedFolder.Write(this, folder, seam);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Views run on this model's map: their sessions close before it does.
        OnnxModel[] views;
        lock (_views)
        {
            views = [.. _views];
        }

        foreach (var view in views)
        {
            view.Dispose();
        }

        _original?.Forget(this);
        _sessions.Dispose();
        foreach (var map in _maps)
        {
            map.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Forget(OnnxModel view)
    {
        lock (_views)
        {
            _views.Remove(view);
        }
    }

    /// <summary>What sessions are given: weights, and the parts of those that the graph computes.</summary>
    private static Dictionary<string, ModelWeight> Handed(Dictionary<string, ModelWeight> weights) =>
        weights.Values.SelectMany(weight => weight.Stored).ToDictionary(weight => weight.Name, StringComparer.Ordinal);

    private ModelWeight Stored(string name) => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new ModelException($"Model '{Config.Name}' has no weight '{name}'; 'pluginlens inspect {Config.Name}' lists them.");

    private ModelTokenizer? LoadTokenizer()
    {
        if (_metadata.TokenizerFiles.Count == 0)
        {
            return null;
        }

        if (TokenizerFault is { } fault)
        {
            return TokenizerFiles.Unread(fault, Config.DVocab);
        }

        var tokenizer = TokenizerFiles.LoadWithin(Folder, Config.DVocab, _metadata.TokenizerFiles.Keys, Config.Metadata.GetValueOrDefault("tokenizer_class"));
        return _metadata.TextRefused is { } reason && tokenizer is FileTokenizer read ? read.Refusing(reason) : tokenizer;
    }

    private void Compute(ModelInput input, List<string> hooks, Dictionary<string, Tensor> results)
    {
        _ran.Value = true;
        var fed = input.Replace.Keys.Order(StringComparer.Ordinal).ToList();
        var key = string.Join(',', hooks.Order(StringComparer.Ordinal)) + "<-" + string.Join(',', fed);
        _sessions.Use(
            key,
            () => Session(hooks, fed),
            session =>
            {
                if (Device.UsesCuda)
                {
                    // A device gains nothing from passes side by side, and each of them would need its memory.
                    lock (_device)
                    {
                        Pass(session, input, hooks, results);
                    }
                }
                else
                {
                    Pass(session, input, hooks, results);
                }
            });
    }

    private SliceSession Session(List<string> hooks, List<string> fed)
    {
        var slice = GraphSlice.Cut(_proto, hooks, fed, _handed.ContainsKey);
        if (!slice.Model.Graph.Node.Any(node => node.Name == TiedWeight.Embedding))
        {
            return new SliceSession(slice, _handed, Folder, Device.UsesCuda);
        }

        // A tied read-out takes every row of the embedding, the largest weight by far: it is widened once and not in every pass.
        var handed = new Dictionary<string, ModelWeight>(_handed, StringComparer.Ordinal) { [TiedWeight.Embedding] = _embedding.Value };
        var plain = GraphSlice.Cut(WeightEdits.Of(_proto, _weights, [TiedWeight.Embedding]), hooks, fed, handed.ContainsKey);
        return new SliceSession(plain, handed, Folder, Device.UsesCuda);
    }

    private void Pass(SliceSession session, ModelInput input, List<string> hooks, Dictionary<string, Tensor> results)
    {
        var extents = new Dictionary<string, int>(StringComparer.Ordinal);
        var inputs = _inputs.Bind(session.Slice, input, extents);
        hooks.ForEach(hook => RequireSize(hook, extents));
        foreach (var (hook, value) in hooks.Zip(session.Run(inputs, hooks, _options.Cancellation)))
        {
            results[hook] = Activation(hook, value);
        }
    }

    /// <summary>An activation is one array: beyond its largest length the batch must be smaller.</summary>
    private void RequireSize(string hook, Dictionary<string, int> extents)
    {
        var size = 1m;
        foreach (var dimension in Hooks[hook])
        {
            size *= extents.TryGetValue(dimension, out var extent) ? extent : int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 1;
        }

        if (size > Array.MaxLength / sizeof(float))
        {
            throw new ModelException($"'{hook}' would have {size} numbers, more than {Array.MaxLength / sizeof(float)}; run fewer or shorter prompts at once.");
        }
    }

    private Tensor Activation(string hook, GraphArray? value)
    {
        var data = value?.Values switch
        {
            float[] numbers => numbers,
            long[] numbers => Array.ConvertAll(numbers, number => (float)number),
            _ => throw new ModelException($"'{hook}' of model '{Config.Name}' is not float32; export the model again."),
        };

        // Masked scores are -inf; a NaN anywhere means that the numbers are worth nothing.
        return !NotFinite.HasNaN(data)
            ? new Tensor(hook, data, [.. value.Shape.Select(extent => (int)extent)])
            : throw new ModelException($"The forward pass gives NaN at '{hook}': the weights are damaged or the input is out of range; 'pluginlens verify' tells more.");
    }
}
