namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>A model with some weights in place of its own; the rest, forward passes included, stays.</summary>
/// <param name="model">The model.</param>
/// <param name="weights">Weights by name; those that it has no such weight for are added.</param>
internal sealed class EditedModel(Model model, IReadOnlyDictionary<string, Tensor> weights) : Model
{
    /// <inheritdoc/>
    public override ModelConfig Config => model.Config;

    /// <inheritdoc/>
    public override ModelTokenizer? Tokenizer => model.Tokenizer;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> WeightNames => [.. model.WeightNames.Union(weights.Keys)];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => model.Hooks;

    /// <summary>The same model with its layers in another order.</summary>
    /// <param name="model">The model.</param>
    /// <param name="order">The old layer of each new one.</param>
    public static EditedModel WithLayers(Model model, int[] order) => new(model, order
        .SelectMany((from, to) => model.WeightNames.Where(name => name.StartsWith($"blocks.{from}.", StringComparison.Ordinal))
            .Select(name => (New: $"blocks.{to}.{name[$"blocks.{from}.".Length..]}", Weight: model.Weight(name))))
        .ToDictionary(moved => moved.New, moved => moved.Weight));

    /// <summary>The same model with one element of a weight moved.</summary>
    /// <param name="model">The model.</param>
    /// <param name="moves">Weight, flat index and what is added.</param>
    public static EditedModel With(Model model, IEnumerable<(string Name, int At, float By)> moves) => new(model, moves.GroupBy(move => move.Name).ToDictionary(
        group => group.Key,
        group =>
        {
            var data = model.Weight(group.Key).Data.ToArray();
            foreach (var (_, at, by) in group)
            {
                data[at] += by;
            }

            return new Tensor(group.Key, data, [.. model.Weight(group.Key).Shape]);
        }));

    /// <inheritdoc/>
    public override bool HasWeight(string name) => weights.ContainsKey(name) || model.HasWeight(name);

    /// <inheritdoc/>
    public override Tensor Weight(string name) => weights.TryGetValue(name, out var weight) ? weight : model.Weight(name);

    /// <inheritdoc/>
    public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks) => model.Run(input, hooks);
}
