using PluginLens.Import.Graph;
using PluginLens.Import.Source;

namespace PluginLens.Import.Probe;

/// <summary>One run of the source graph with every tensor kept: what the recognisers compare their guesses with.</summary>
internal sealed class ProbeRun
{
    private const int Length = 11;
    // Weights larger than this are read again when they are asked for again, so that a large model is not in memory twice.
    private const int MostKept = 1 << 16;
    private readonly SourceModel _model;
    private readonly Dictionary<string, ProbeTensor> _values;
    private readonly Dictionary<string, ProbeTensor> _constants = new(StringComparer.Ordinal);

    private ProbeRun(SourceModel model, TokenBatch batch, Dictionary<string, ProbeTensor> values)
    {
        (_model, Batch, _values) = (model, batch, values);
    }

    /// <summary>What was run.</summary>
    public TokenBatch Batch { get; }

    /// <summary>Shapes that some tensors have in a short run, constants among them.</summary>
    public static Dictionary<string, long[]> Shapes(SourceModel model, GraphView graph, IReadOnlyDictionary<string, InputRole> roles, IReadOnlyCollection<string> names)
    {
        var feed = Feed.Of(model, roles, Tokens(model, graph, roles));
        var computed = names.Where(n => !model.Constants.ContainsKey(n) && !feed.ContainsKey(n)).ToArray();
        using var session = computed.Length > 0 ? new SourceSession(model, graph.Nodes, computed) : null;
        var values = session?.Run(feed) ?? [];
        return names.ToDictionary(n => n, n => values.TryGetValue(n, out var value) ? value.Shape : feed.TryGetValue(n, out var given) ? given.Shape
            : model.Constants.TryGetValue(n, out var constant) ? constant.Shape : throw new ModelException($"Tensor '{n}' of the source graph has a type that the importer does not read."));
    }

    public static ProbeRun Of(SourceModel model, GraphView graph, IReadOnlyDictionary<string, InputRole> roles)
    {
        var batch = Tokens(model, graph, roles);
        // Constants computed by nodes (transposed, dequantised, folded weights) are kept where something that varies reads them.
        var wanted = graph.Nodes
            .Where(n => n.Output.Any(o => o.Length > 0 && !graph.IsConstant(o)))
            .SelectMany(n => n.Output.Concat(n.Input.Where(i => graph.IsConstant(i) && !model.Constants.ContainsKey(i))))
            .Where(o => o.Length > 0).Distinct(StringComparer.Ordinal);
        using var session = new SourceSession(model, graph.Nodes, wanted);
        var feed = Feed.Of(model, roles, batch);
        var values = session.Run(feed);
        foreach (var input in feed)
        {
            values[input.Key] = ProbeTensor.Of(input.Value);
        }

        if (model.Outputs.FirstOrDefault(o => values.TryGetValue(o.Name, out var value) && value.Values.Any(float.IsNaN)) is { } broken)
        {
            throw new ModelException($"The source itself computes NaN: '{broken.Name}' of '{model.FileName}' holds it for ordinary tokens; export the model again.");
        }

        return new ProbeRun(model, batch, values);
    }

    private static TokenBatch Tokens(SourceModel model, GraphView graph, IReadOnlyDictionary<string, InputRole> roles)
    {
        var tokens = InputRoles.Tokens(model, roles);
        var vocabulary = InputRoles.Rows(model, graph, tokens.Name);
        var types = roles.Where(r => r.Value == InputRole.TokenTypes).Select(r => InputRoles.Rows(model, graph, r.Key)).DefaultIfEmpty(1).Min();
        return TokenBatch.Scattered(Feed.Fixed(tokens, 0) ?? 2, Feed.Fixed(tokens, 1) ?? Length, vocabulary, types);
    }

    /// <summary>The tensor's value in the run, or a constant's.</summary>
    public ProbeTensor this[string name]
    {
        get
        {
            if (_values.TryGetValue(name, out var value) || _constants.TryGetValue(name, out value))
            {
                return value;
            }

            var constant = _model.Constants.TryGetValue(name, out var found)
                ? found
                : throw new ModelException($"Tensor '{name}' of the source graph has a type that the importer does not read.");
            var read = new ProbeTensor(constant.Shape, constant.Numbers());
            if (constant.Elements <= MostKept)
            {
                _constants[name] = read;
            }

            return read;
        }
    }

    public bool Has(string name) => _values.ContainsKey(name) || _model.Constants.ContainsKey(name);

    /// <summary>Shape without reading a constant's data.</summary>
    public long[] Shape(string name) => _values.TryGetValue(name, out var value) ? value.Shape : _model.Constants[name].Shape;
}
