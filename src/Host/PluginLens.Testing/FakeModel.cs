namespace PluginLens.Testing;

/// <summary>
/// A model in memory for tests of analyses: weights by name, hooks as functions of the input. Immutable: each <c>With…</c> gives a new
/// model that shares everything else. <see cref="Gpt2Like"/> makes a complete random one to plant an answer in.
/// </summary>
public sealed class FakeModel : Model
{
    private readonly ModelConfig _given;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly Dictionary<string, IReadOnlyList<string>> _hooks;
    private readonly Dictionary<string, Func<ModelInput, Tensor>> _values;

    /// <summary>A model without weights and hooks.</summary>
    /// <param name="config">What its metadata would say.</param>
    /// <param name="tokenizer">Its tokenizer, or null.</param>
    public FakeModel(ModelConfig config, ModelTokenizer? tokenizer = null)
        : this(config, tokenizer, [], [], [])
    {
    }

    private FakeModel(
        ModelConfig config,
        ModelTokenizer? tokenizer,
        Dictionary<string, Tensor> weights,
        Dictionary<string, IReadOnlyList<string>> hooks,
        Dictionary<string, Func<ModelInput, Tensor>> values)
    {
        Config = config.Traits.Count > 0 ? config : config with { Traits = Traits.Of(config, weights.ContainsKey, tokenizer is not null) };
        Tokenizer = tokenizer;
        _given = config;
        _weights = weights;
        _hooks = hooks;
        _values = values;
    }

    /// <summary>The configuration; traits that it was not given follow from it and from the weights, as those of a folder do.</summary>
    public override ModelConfig Config { get; }

    /// <inheritdoc/>
    public override ModelTokenizer? Tokenizer { get; }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> WeightNames => _weights.Keys;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => _hooks;

    /// <summary>Every weight of a GPT-2-like model, normally distributed; gains are 1 and biases random too.</summary>
    /// <param name="sizes">Sizes and everything else.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="tokenizer">Its tokenizer; null = words <c>w0</c>, <c>w1</c>, …</param>
    public static FakeModel Gpt2Like(ModelConfig sizes, int seed = 0, ModelTokenizer? tokenizer = null)
    {
        tokenizer ??= new FakeTokenizer(Enumerable.Range(0, sizes.DVocab).Select(id => $" w{id}"));
        return new FakeModel(sizes, tokenizer, RandomWeights.Gpt2(sizes, seed).ToDictionary(weight => weight.Name), [], []);
    }

    /// <summary>The same model with one weight replaced or added.</summary>
    /// <param name="name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
    /// <param name="data">The elements, row-major.</param>
    /// <param name="shape">The extents.</param>
    public FakeModel WithWeight(string name, float[] data, params int[] shape) =>
        new(_given, Tokenizer, new(_weights) { [name] = new Tensor(name, data, shape) }, _hooks, _values);

    /// <summary>The same model with one weight changed in a copy.</summary>
    /// <param name="name">A weight that it has.</param>
    /// <param name="change">Changes the elements, row-major.</param>
    public FakeModel WithWeight(string name, Action<float[]> change)
    {
        var old = Weight(name);
        var data = old.Data.ToArray();
        change(data);
        return WithWeight(name, data, [.. old.Shape]);
    }

    /// <inheritdoc/>
    public override Model WithWeights(IReadOnlyDictionary<string, Tensor> replacements)
    {
        foreach (var (name, given) in replacements)
        {
            if (!Weight(name).Shape.SequenceEqual(given.Shape))
            {
                throw new ModelException(
                    $"The replacement of '{name}' of model '{Config.Name}' has shape [{string.Join(", ", given.Shape)}]; expected [{string.Join(", ", Weight(name).Shape)}].");
            }

            if (given.Data.ToArray().Any(value => !float.IsFinite(value)))
            {
                throw new ModelException($"The replacement of '{name}' of model '{Config.Name}' has NaN or infinity; expected finite numbers.");
            }
        }

        // Hooks are functions of the input alone: those that should follow the new weights are given anew, by WithHook.
        var weights = new Dictionary<string, Tensor>(_weights);
        foreach (var (name, given) in replacements)
        {
            weights[name] = new Tensor(name, given.Data.ToArray(), [.. given.Shape]);
        }

        return new FakeModel(_given, Tokenizer, weights, _hooks, _values);
    }

    /// <summary>The same model without one weight.</summary>
    /// <param name="name">E.g. <c>unembed.W_U</c>.</param>
    public FakeModel WithoutWeight(string name)
    {
        var weights = new Dictionary<string, Tensor>(_weights);
        weights.Remove(name);
        return new FakeModel(_given, Tokenizer, weights, _hooks, _values);
    }

    /// <summary>The same model with other metadata: traits, sizes, processing.</summary>
    /// <param name="change">Makes the new configuration.</param>
    public FakeModel WithConfig(Func<ModelConfig, ModelConfig> change) => new(change(_given), Tokenizer, _weights, _hooks, _values);

    /// <summary>The same model with another tokenizer, or none.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    public FakeModel WithTokenizer(ModelTokenizer? tokenizer) => new(_given, tokenizer, _weights, _hooks, _values);

    /// <summary>The same model with one more activation.</summary>
    /// <param name="name">E.g. <c>blocks.0.hook_resid_post</c>.</param>
    /// <param name="dimensions">E.g. <c>batch, pos, 8</c>.</param>
    /// <param name="value">Computes it, batch first.</param>
    public FakeModel WithHook(string name, IReadOnlyList<string> dimensions, Func<ModelInput, Tensor> value) =>
        new(_given, Tokenizer, _weights, new(_hooks) { [name] = dimensions }, new(_values) { [name] = value });

    /// <inheritdoc/>
    public override bool HasWeight(string name) => _weights.ContainsKey(name);

    /// <inheritdoc/>
    public override Tensor Weight(string name) => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new ModelException($"Model '{Config.Name}' has no weight '{name}'.");

    /// <inheritdoc/>
    public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks) => new(hooks.ToDictionary(
        hook => hook,
        hook => input.Replace.TryGetValue(hook, out var given) ? given
            : _values.TryGetValue(hook, out var value) ? Overlaid(value(input), input.Overlay.GetValueOrDefault(hook))
            : throw new ArgumentException($"Expected hooks of model '{Config.Name}', found '{hook}'.", nameof(hooks))));

    /// <summary>What is fed in part stands where it is a number. Hooks that come later are functions of the input: those that should follow look at <see cref="ModelInput.Overlay"/>.</summary>
    private static Tensor Overlaid(Tensor computed, Tensor? overlay) => overlay is null
        ? computed
        : new Tensor(computed.Name, computed.Data.ToArray().Select((value, at) => float.IsNaN(overlay.Span[at]) ? value : overlay.Span[at]).ToArray(), [.. computed.Shape]);
}
