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
    private readonly Metadata _metadata;
    private readonly Dictionary<string, ModelWeight> _weights;
    private readonly MappedFile[] _maps;
    private readonly ForwardPasses _passes;
    private readonly Lazy<ModelTokenizer?> _tokenizer;

    private readonly HashSet<OnnxModel> _views = [];
    private readonly OnnxModel? _original;

    internal OnnxModel(string folder, ModelProto proto, ModelConfig config, Metadata metadata, Dictionary<string, ModelWeight> weights, MappedFile[] maps, ModelHashes hashes, OpenOptions options, string? tokenizerFault)
    {
        (Folder, Proto, Config, _metadata, _weights, _maps, OpenedWith) = (folder, proto, config, metadata, weights, maps, options);
        (Sha256, WeightsSha256, WeightsState) = (hashes.Model, hashes.Weights, hashes.State);
        (TokenizerFault, _tokenizer) = (tokenizerFault, new(LoadTokenizer));
        _passes = new(this);
    }

    /// <summary>A view of a model with other weights.</summary>
    private OnnxModel(OnnxModel original, Dictionary<string, ModelWeight> replaced)
    {
        (Folder, _metadata, OpenedWith, _maps, _tokenizer) = (original.Folder, original._metadata, original.OpenedWith, [], original._tokenizer);
        (_original, Proto, Config) = (original, WeightEdits.Graph(original.Proto, original._weights, replaced.Keys), WeightEdits.Config(original.Config, replaced));
        _weights = new(original._weights, StringComparer.Ordinal);
        foreach (var (name, weight) in replaced)
        {
            _weights[name] = weight;
        }

        _passes = new(this, original._passes);
    }

    /// <summary>What befell the files of graph and weights since they were opened, in a sentence, or null.</summary>
    public string? Changed => _original?.Changed ?? _maps.Select(map => map.Changed).FirstOrDefault(changed => changed is not null);

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
    internal ModelProto Proto { get; }

    /// <summary>The graph as if every weight were stored in float32; a tied matrix once, as it is.</summary>
    internal ModelProto PlainProto => WeightEdits.Graph(Proto, _weights, [.. _weights.Where(entry => entry.Value is not TiedWeight).Select(entry => entry.Key)]);

    /// <summary>Every weight by name.</summary>
    internal IReadOnlyDictionary<string, ModelWeight> Weights => _weights;

    /// <summary>What identifies the folder, also of a view.</summary>
    internal string FolderSha256 => Sha256 ?? _original!.FolderSha256;

    /// <summary>Where a stitched model is joined; null for all others.</summary>
    internal StitchedFacts? Stitched => _metadata.Stitched;

    /// <summary>How many token ids the forward pass embeds: of a stitched model, those of its donor.</summary>
    internal int EmbeddingRows => _passes.Vocabulary;

    /// <summary>How it was opened.</summary>
    internal OpenOptions OpenedWith { get; }

    /// <summary>Where forward passes run; tried once, when first asked for.</summary>
    public DeviceChoice Device => _passes.Device.Choice;

    /// <summary>Where forward passes ran; null before the first since <see cref="BeginRun"/>.</summary>
    public DeviceChoice? DeviceUsed => _passes.Device.Used;

    /// <summary>Forward passes before this moment count no more as a use of the device.</summary>
    public void BeginRun() => _passes.Device.Forget();

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
    public override Matrix WU => Stored(TiedWeight.Unembedding) is TiedWeight tied ? tied.View : base.WU;

    /// <inheritdoc/>
    public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(hooks);
        var unknown = hooks.Concat(input.Replace.Keys).Concat(input.Overlay.Keys).FirstOrDefault(hook => !Hooks.ContainsKey(hook));
        if (unknown is not null)
        {
            // Whoever calls this named it, and it is whoever calls this who is wrong: the model is as its metadata say.
            throw new ArgumentException($"Expected hooks of model '{Config.Name}', found '{unknown}'; {Suggestion.Of(unknown, Hooks.Keys) ?? $"'pluginlens inspect {Config.Name}' lists them."}", nameof(hooks));
        }

        if (input.Overlay.Keys.FirstOrDefault(input.Replace.ContainsKey) is { } both)
        {
            throw new ModelException($"'{both}' is both replaced and overlaid; put the numbers into its replacement.");
        }

        var computed = hooks.Where(hook => !input.Replace.ContainsKey(hook)).Distinct().ToList();
        var results = hooks.Where(input.Replace.ContainsKey).ToDictionary(hook => hook, hook => input.Replace[hook], StringComparer.Ordinal);
        if (computed.Count > 0)
        {
            RequireWhole();
            _passes.Run(input, computed, results);
        }

        return new Activations(results);
    }

    /// <inheritdoc/>
    public override Model WithWeights(IReadOnlyDictionary<string, Tensor> replacements)
    {
        ArgumentNullException.ThrowIfNull(replacements);
        var replaced = replacements.ToDictionary(entry => entry.Key, entry => WeightEdits.Replacement(Config, Stored(entry.Key), entry.Value), StringComparer.Ordinal);
        WeightEdits.KeepTied(_weights, replaced);
        var view = new OnnxModel(this, replaced);
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
        _passes.Dispose();
        foreach (var map in _maps)
        {
            map.Dispose();
        }

        base.Dispose(disposing);
    }

    private void RequireWhole()
    {
        _original?.RequireWhole();
        Array.ForEach(_maps, map => map.RequireWhole());
    }

    private void Forget(OnnxModel view)
    {
        lock (_views)
        {
            _views.Remove(view);
        }
    }

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
}
