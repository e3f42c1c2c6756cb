namespace PluginLens.Plugins.States;

/// <summary>Reads states of the residual stream as distributions over the vocabulary.</summary>
/// <param name="model">A model with an unembedding that reads from left to right.</param>
/// <param name="compute">The compute service.</param>
/// <param name="how">What happens to a state before the unembedding.</param>
internal sealed class LensReading(Model model, Compute compute, StateNorm how)
{
    private readonly Matrix _vocabulary = model.WU.Transpose();
    private readonly ModelNorm? _norm = ModelNorm.Final(model);
    private readonly float[]? _bias = model.HasWeight("unembed.b_U") ? model.Weight("unembed.b_U").Span.ToArray() : null;
    private float[] _logits = [];
    private BestLogits? _best;

    /// <summary>The state that the model's own logits are made of.</summary>
    public string LastHook { get; } = Output(model, model.Config.NLayers - 1);

    /// <summary>A clause for notes.</summary>
    public string Description => NoteLine.Of(
        _norm is null || how == StateNorm.None ? "no norm" : $"final norm recomputed on each state{(how == StateNorm.FinalButEmbed ? " but the embedding" : string.Empty)}",
        _bias is null ? "W_U" : "W_U and b_U",
        model.Config.OutputLogitsSoftCap is { } cap ? $"soft-cap {cap}" : null);

    /// <summary>The hook of a block's output.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    public static string Output(Model model, int layer) => $"blocks.{layer}.{(model.Config.Traits.Contains(Trait.PostNorm) ? "hook_normalized_resid_post" : "hook_resid_post")}";

    /// <summary>The hook of a layer's input.</summary>
    /// <param name="layer">Layer.</param>
    public string Input(int layer) => layer == 0 ? "blocks.0.hook_resid_pre" : Output(model, layer - 1);

    /// <summary>What the logits of states weigh, once more where they are soft-capped.</summary>
    /// <param name="config">The model.</param>
    /// <param name="states">How many.</param>
    public static double BytesOf(ModelConfig config, double states) => (config.OutputLogitsSoftCap is null ? 1 : 2) * sizeof(float) * states * config.DVocab;

    /// <summary>Whether states there are read as the model itself reads its last.</summary>
    /// <param name="hook">Hook name.</param>
    public bool IsLast(string hook) => hook == LastHook && (how != StateNorm.None || _norm is null);

    /// <summary>States ready for the unembedding, <c>n x d_model</c>.</summary>
    /// <param name="chosen">For each: the activation <c>pos x d_model</c>, the position, whether it is the embedding, and whether it is read as the model reads its last state, whatever the option says.</param>
    public Matrix States(IReadOnlyList<(Matrix From, int Position, bool IsEmbedding, bool IsLast)> chosen)
    {
        var width = model.Config.DModel;
        var rows = new float[chosen.Count * width];
        for (var at = 0; at < chosen.Count; at++)
        {
            var row = rows.AsSpan(at * width, width);
            chosen[at].From.CopyRow(chosen[at].Position, row);
            if (chosen[at].IsLast || how == StateNorm.Final || (how == StateNorm.FinalButEmbed && !chosen[at].IsEmbedding))
            {
                _norm?.Apply(row, row);
            }
        }

        return new Matrix(rows, chosen.Count, width);
    }

    /// <summary>The last states as the model itself reads them, whatever the option says.</summary>
    /// <param name="activation"><see cref="LastHook"/>, <c>pos x d_model</c>.</param>
    /// <param name="positions">Which.</param>
    public Matrix Last(Matrix activation, IReadOnlyList<int> positions) => States([.. positions.Select(position => (activation, position, false, true))]);

    /// <summary>The k largest logits of each state, before the soft-cap, which keeps their order.</summary>
    /// <param name="states">Of <see cref="States"/>.</param>
    /// <param name="k">Tokens per state.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    public RowTopK Words(Matrix states, int k, bool[]? keep) => compute.TopRows(states, _vocabulary, new RowQuery { K = k, Keep = keep, Bias = _bias });

    /// <summary>All logits of each state in float32, before the soft-cap, <c>n x V</c>; good until they are asked for again.</summary>
    /// <param name="states">Of <see cref="States"/>.</param>
    public Matrix Logits(Matrix states)
    {
        var size = checked(states.Rows * _vocabulary.Rows);
        _logits = _logits.Length < size ? GC.AllocateUninitializedArray<float>(size) : _logits;
        compute.Multiply(states, _vocabulary.Transpose(), _logits.AsSpan(0, size));
        for (var start = 0; start < size && _bias is not null; start += _bias.Length)
        {
            for (var token = 0; token < _bias.Length; token++)
            {
                _logits[start + token] += _bias[token];
            }
        }

        return new Matrix(_logits.AsMemory(0, size), states.Rows, _vocabulary.Rows);
    }

    /// <summary>What <see cref="Words(Matrix, int, bool[])"/> gives, where the logits are there.</summary>
    /// <param name="states">Of <see cref="States"/>.</param>
    /// <param name="logits">Their <see cref="Logits"/>.</param>
    /// <param name="k">Tokens per state.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    public RowTopK Words(Matrix states, Matrix logits, int k, bool[]? keep) => (_best ??= new BestLogits(compute, _vocabulary, _bias)).Of(states, logits, k, keep);

    /// <summary>Logits as distributions, through the soft-cap.</summary>
    /// <param name="logits">Of <see cref="Logits"/>.</param>
    public Distributions Distributions(Matrix logits)
    {
        if (model.Config.OutputLogitsSoftCap is null)
        {
            return new Distributions(logits);
        }

        float[] capped = logits.Data.ToArray();
        for (var at = 0; at < capped.Length; at++)
        {
            capped[at] = (float)Capped(capped[at]);
        }

        return new Distributions(new Matrix(capped, logits.Rows, logits.Columns));
    }

    /// <summary>A logit through the model's soft-cap.</summary>
    /// <param name="logit">Before it.</param>
    public double Capped(double logit) => model.Config.OutputLogitsSoftCap is { } cap ? cap * Math.Tanh(logit / cap) : logit;
}
