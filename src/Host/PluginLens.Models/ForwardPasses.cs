using System.Globalization;
using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Sessions;
using PluginLens.Models.Sessions.Rewriting;

namespace PluginLens.Models;

/// <summary>The forward passes of a model, or of a view with other weights: each runs in a session on the slice of the graph that computes what is asked for.</summary>
internal sealed class ForwardPasses : IDisposable
{
    /// <summary>Sessions kept open; the oldest goes first.</summary>
    private const int MostSessions = 8;

    /// <summary>Tokens of a pass beyond which what it computes fills hundreds of megabytes.</summary>
    private const int LongText = 1024;

    /// <summary>Tokens through a slice, in one pass or in several, beyond which a session that is opened slowly and passes fast saves more than it costs.</summary>
    private const int ManyTokens = 256;

    private readonly OnnxModel _model;
    private readonly SliceInputs _inputs;
    private readonly Lazy<ModelWeight> _embedding;
    private readonly Dictionary<string, ModelWeight> _handed;
    private readonly SessionCache _sessions = new(MostSessions);
    private readonly Dictionary<string, long> _tokens = new(StringComparer.Ordinal);

    /// <summary>The passes of a model; opens nothing yet.</summary>
    /// <param name="model">Its graph and weights are read here and later.</param>
    public ForwardPasses(OnnxModel model)
        : this(
            model,
            SliceInputs.For(model.Config, model.Hooks, model.Weights),
            new(() => new PinnedWeight(TiedWeight.Embedding, model.Weight(TiedWeight.Embedding))),
            new(model.OpenedWith.Device))
    {
    }

    /// <summary>The passes of a view: on the same device, with the same limits.</summary>
    /// <param name="view">Its graph and weights are read here and later.</param>
    /// <param name="original">Those of the model that it views.</param>
    public ForwardPasses(OnnxModel view, ForwardPasses original)
        : this(view, original._inputs, original._embedding, original.Device)
    {
    }

    private ForwardPasses(OnnxModel model, SliceInputs inputs, Lazy<ModelWeight> embedding, ForwardDevice device)
    {
        (_model, _inputs, _embedding, Device) = (model, inputs, embedding, device);
        _handed = model.Weights.Values.SelectMany(weight => weight.Stored).ToDictionary(weight => weight.Name, StringComparer.Ordinal);
    }

    /// <summary>Where they run.</summary>
    public ForwardDevice Device { get; }

    /// <summary>How many token ids they embed.</summary>
    public int Vocabulary => _inputs.Vocabulary;

    /// <summary>One pass.</summary>
    /// <param name="input">Tokens and replaced activations.</param>
    /// <param name="hooks">What to compute: none of the replaced ones, at least one, each once.</param>
    /// <param name="results">Receives the activations.</param>
    public void Run(ModelInput input, List<string> hooks, Dictionary<string, Tensor> results)
    {
        Device.Use();
        var fed = input.Replace.Keys.Order(StringComparer.Ordinal).ToList();
        var inPart = input.Overlay.Keys.Order(StringComparer.Ordinal).ToList();
        var slice = $"{string.Join(',', hooks.Order(StringComparer.Ordinal))}<-{string.Join(',', fed)}|{string.Join(',', inPart)}";
        var use = Use(slice, Tokens(input));
        _sessions.Use($"{use} {slice}", () => Session(hooks, fed, inPart, use), session => Device.Run(() => Pass(session, input, hooks, results)));
    }

    /// <summary>Waits for passes that run, then closes the sessions.</summary>
    public void Dispose() => _sessions.Dispose();

    private SessionUse Use(string slice, int tokens)
    {
        long all;
        lock (_tokens)
        {
            _tokens.TryGetValue(slice, out var before);
            all = _tokens[slice] = before + tokens;
        }

        return tokens > LongText ? SessionUse.LongTexts : all > ManyTokens ? SessionUse.Much : SessionUse.Little;
    }

    // Of activations that are fed, the first two extents are texts and positions.
    private static int Tokens(ModelInput input) =>
        input.Tokens.Count > 0 ? input.Tokens.Sum(row => row.Length) : input.Replace.Values.Select(tensor => tensor.Shape.Take(2).Aggregate(1, (product, extent) => product * extent)).FirstOrDefault();

    private SliceSession Session(List<string> hooks, List<string> fed, List<string> inPart, SessionUse use)
    {
        var slice = GraphSlice.Cut(_model.Proto, hooks, fed, inPart, _handed.ContainsKey);
        if (inPart.Find(hook => !slice.Overlaid.Contains(hook) || slice.IsInteger(GraphSlice.Overlay(hook))) is { } useless)
        {
            throw new ModelException($"Model '{_model.Config.Name}' cannot overlay '{useless}': {(slice.Overlaid.Contains(useless) ? "it holds indices" : $"it does not lead to {string.Join(", ", hooks)}")}.");
        }

        if (!slice.Model.Graph.Node.Any(node => node.Name == TiedWeight.Embedding))
        {
            return Session(slice, new(_handed, StringComparer.Ordinal), use);
        }

        // A tied read-out takes every row of the embedding, the largest weight by far: it is widened once and not in every pass.
        var handed = new Dictionary<string, ModelWeight>(_handed, StringComparer.Ordinal) { [TiedWeight.Embedding] = _embedding.Value };
        var plain = GraphSlice.Cut(WeightEdits.Graph(_model.Proto, _model.Weights, [TiedWeight.Embedding]), hooks, fed, inPart, handed.ContainsKey);
        return Session(plain, handed, use);
    }

    private SliceSession Session(GraphSlice slice, Dictionary<string, ModelWeight> handed, SessionUse use) =>
        new(SliceRewriting.Of(slice, handed), handed, _model.Folder, Device.Choice.UsesCuda, use);

    private void Pass(SliceSession session, ModelInput input, List<string> hooks, Dictionary<string, Tensor> results)
    {
        var extents = new Dictionary<string, int>(StringComparer.Ordinal);
        var inputs = _inputs.Bind(session.Slice, input, extents);
        hooks.ForEach(hook => RequireSize(hook, extents));
        foreach (var (hook, value) in hooks.Zip(session.Run(inputs, hooks, _model.OpenedWith.Cancellation)))
        {
            results[hook] = Activation(hook, value);
        }
    }

    /// <summary>An activation is one array: beyond its largest length the batch must be smaller.</summary>
    private void RequireSize(string hook, Dictionary<string, int> extents)
    {
        var size = 1m;
        foreach (var dimension in _model.Hooks[hook])
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
            _ => throw new ModelException($"'{hook}' of model '{_model.Config.Name}' is not float32; export the model again."),
        };

        // Masked scores are -inf; a NaN anywhere means that the numbers are worth nothing.
        return !NotFinite.HasNaN(data)
            ? new Tensor(hook, data, [.. value.Shape.Select(extent => (int)extent)])
            : throw new ModelException($"The forward pass gives NaN at '{hook}': the weights are damaged or the input is out of range; 'pluginlens verify' tells more.");
    }
}
