using System.Text.Json.Nodes;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Format.Writing;

namespace PluginLens.Models.Stitching;

/// <summary>
/// The graph of a stitched model: the donor's first blocks under the prefix <c>donor.</c>, the seam, and the receiver's last blocks numbered from 0. What the receiver does
/// before them is left out, but for what it does to token embeddings (positions, token types, norm) where mapped states pass it.
/// </summary>
internal sealed class StitchedGraph
{
    private const string First = "blocks.0.hook_resid_pre";
    private readonly OnnxModel _donor;
    private readonly OnnxModel _receiver;
    private readonly Seam _seam;
    private readonly int _first;
    private readonly GraphPart _front;
    private readonly GraphPart _back;
    private readonly GraphPart? _embedding;
    private readonly TemplateGraph _middle;

    /// <summary>Cuts both models.</summary>
    /// <param name="donor">The donor.</param>
    /// <param name="receiver">The receiver.</param>
    /// <param name="seam">Where they are joined.</param>
    public StitchedGraph(OnnxModel donor, OnnxModel receiver, Seam seam)
    {
        (_donor, _receiver, _seam, _first) = (donor, receiver, seam, receiver.Config.NLayers - seam.Last);
        var entry = $"blocks.{_first}.hook_resid_pre";
        _front = GraphPart.Of(donor, [.. donor.Hooks.Keys.Where(IsBefore)], [], BlockNames.OfDonor);
        _embedding = seam.AddPositions ? GraphPart.Of(receiver, [.. receiver.Hooks.Keys.Where(IsOfEmbedding), First], ["hook_embed"], name => name) : null;
        _back = GraphPart.Of(receiver, [.. receiver.Hooks.Keys.Where(hook => hook != entry && IsAfter(hook))], [entry, "hook_embed"], name => BlockNames.OfReceiver(name, _first));
        var norm = donor.Weights.Keys.Where(name => name.StartsWith("ln_final.", StringComparison.Ordinal)).Select(BlockNames.OfDonor).ToHashSet(StringComparer.Ordinal);
        _middle = TemplateInterpreter.Interpret(Template(), Facts(), norm);
    }

    /// <summary>Whether the receiver's position embeddings take part: added at the seam, or read by every block.</summary>
    public bool UsesPositions => _seam.AddPositions || IsShortformer;

    private bool IsShortformer => _receiver.Config.Positions == "shortformer";

    /// <summary>Every hook with its dimensions.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks
    {
        get
        {
            var front = _front.Hooks.ToDictionary(hook => hook.Name, hook => _donor.Hooks[hook.Name["donor.".Length..]], StringComparer.Ordinal);
            var dims = _receiver.Hooks.Where(hook => IsAfter(hook.Key)).ToDictionary(hook => BlockNames.OfReceiver(hook.Key, _first), hook => hook.Value, StringComparer.Ordinal);
            var embedding = Embedding(part => part.Hooks).Select(hook => KeyValuePair.Create(hook.Name, _receiver.Hooks[hook.Name]));
            return new Dictionary<string, IReadOnlyList<string>>(
                [.. front, .. _middle.Hooks, .. embedding, .. _back.Hooks.Select(hook => KeyValuePair.Create(hook.Name, dims[hook.Name]))], StringComparer.Ordinal);
        }
    }

    /// <summary>Every weight of the folder but the map itself. W_E stays though nothing gathers from it: the map leads into the space that it spans.</summary>
    public IEnumerable<KeyValuePair<string, ModelWeight>> Weights()
    {
        foreach (var (name, weight) in _receiver.Weights.Where(entry => IsKept(entry.Key) && entry.Value is not TiedWeight))
        {
            yield return new(BlockNames.OfReceiver(name, _first), weight);
        }

        foreach (var entry in _front.Weights)
        {
            yield return entry;
        }

        foreach (var (name, weight) in _donor.Weights.Where(entry => _seam.LnF && entry.Key.StartsWith("ln_final.", StringComparison.Ordinal)))
        {
            yield return new(BlockNames.OfDonor(name), weight);
        }
    }

    /// <summary>The graph.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="weights">Where each weight lies.</param>
    public GraphProto Build(string name, IEnumerable<WrittenWeight> weights)
    {
        var graph = new GraphProto { Name = name };
        var middle = _middle.Nodes.Select(node => CanonicalProto.Node(node with { Inputs = [.. node.Inputs.Select(OfSeam)] }));
        graph.Node.Add([.. _front.Nodes, .. middle, .. Embedding(part => part.Nodes), .. _back.Nodes]);
        graph.Initializer.Add(weights.Select(CanonicalProto.External));
        graph.Initializer.Add([.. _front.Constants, .. _middle.Constants.Select(constant => CanonicalProto.Inline(constant with { Name = OfSeam(constant.Name) })), .. Embedding(part => part.Constants).Concat(_back.Constants).DistinctBy(constant => constant.Name)]);
        graph.Input.Add(_front.Inputs.Concat(Embedding(part => part.Inputs)).Concat(_back.Inputs).DistinctBy(input => input.Name));
        var output = BlockNames.OfReceiver(_receiver.Proto.Graph.Output[0].Name, _first);
        var seam = _middle.Hooks.Select(hook => CanonicalProto.Value(hook.Key, hook.Value, ElementTypes.Float));
        graph.ValueInfo.Add(_front.Hooks.Concat(seam).Concat(Embedding(part => part.Hooks)).Concat(_back.Hooks.Where(hook => hook.Name != output)));
        graph.Output.Add(_back.Hooks.First(hook => hook.Name == output));
        return graph;
    }

    /// <summary>Constants of three graphs must not meet.</summary>
    private static string OfSeam(string name) => BlockNames.IsConstant(name) ? BlockNames.Under("seam", name) : name;

    /// <summary>Hooks of the donor up to its state.</summary>
    private bool IsBefore(string hook) => !BlockNames.IsHead(hook)
        && (BlockNames.BlockOf(hook) is not { } block || block < _seam.Blocks || (_seam.Blocks == 0 && hook == Seam.StateOf(_donor.Config, 0)));

    /// <summary>Hooks of the receiver from its first kept block on.</summary>
    private bool IsAfter(string hook) => BlockNames.BlockOf(hook) is { } block ? block >= _first : BlockNames.IsHead(hook) || (IsShortformer && hook == "hook_pos_embed");

    private bool IsKept(string weight) => BlockNames.BlockOf(weight) is { } block
        ? block >= _first
        : weight == "embed.W_E" || BlockNames.IsHead(weight) || (UsesPositions && weight == "pos_embed.W_pos") || (_seam.AddPositions && IsOfEmbedding(weight));

    /// <summary>Hooks and weights of what follows the token embedding, but for the positions' weight.</summary>
    private static bool IsOfEmbedding(string name) => name is "hook_pos_embed" or "hook_token_type_embed" or "hook_full_embed"
        || name.StartsWith("token_type_embed.", StringComparison.Ordinal) || name.StartsWith("embed.ln.", StringComparison.Ordinal);

    private IEnumerable<T> Embedding<T>(Func<GraphPart, IEnumerable<T>> of) => _embedding is null ? [] : of(_embedding);

    /// <summary>The norm is the one of the canonical graph.</summary>
    private static string Template()
    {
        var whole = TemplateInterpreter.EmbeddedTemplate();
        var norm = whole.IndexOf("@def norm(", StringComparison.Ordinal);
        using var stream = typeof(StitchedGraph).Assembly.GetManifestResourceStream("seam.graph")!;
        using var reader = new StreamReader(stream);
        return whole[norm..whole.IndexOf("@def activation(", norm, StringComparison.Ordinal)] + reader.ReadToEnd();
    }

    private JsonObject Facts() => new()
    {
        ["state"] = BlockNames.OfDonor(Seam.StateOf(_donor.Config, _seam.Blocks)),
        ["norm"] = _donor.Config.Norm,
        ["eps"] = MetadataJson.Number(_donor.Config.Eps),
        ["d_donor"] = _donor.Config.DModel,
        ["d_model"] = _receiver.Config.DModel,
        ["ln_f"] = _seam.LnF,
        ["add_positions"] = _seam.AddPositions,
    };
}
