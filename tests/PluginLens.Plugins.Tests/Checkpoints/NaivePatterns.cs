using PluginLens.Plugins.Messages;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Patterns and messages of heads, and their similarity with a vocabulary, in float64 by their formulas: W_Q W_Kᵀ is formed, normed vocabularies too.</summary>
internal static class NaivePatterns
{
    /// <summary><c>(x W_Q + b_Q) W_Kᵀ</c>, or <c>(x W_K + b_K) W_Qᵀ</c> for keys.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="x">What the head reads.</param>
    /// <param name="ofKey">Which of the two.</param>
    /// <param name="biases">Whether b is added.</param>
    /// <param name="offset">How far the query stands behind the key, at which both are rotated; null = neither is.</param>
    public static double[] Pattern(Model model, int layer, int head, double[] x, bool ofKey, bool biases, int? offset = null)
    {
        var (reads, meets) = ofKey ? ("K", "Q") : ("Q", "K");
        var (read, matrix) = (Read(model, layer, head, x, reads, biases), Head(model, layer, head, meets));
        if (offset is { } distance)
        {
            // The key at 7, the query behind it; the matrix of the other side is rotated row by row.
            read = Rotated(model.Config, read, ofKey ? 7 : 7 + distance);
            matrix = Array.ConvertAll(matrix, row => Rotated(model.Config, row, ofKey ? 7 + distance : 7));
        }

        return Times(read, NaiveWeights.Transposed(matrix));
    }

    /// <summary>What a head of a layer reads at a position of a text (or its raw input): norm by its formula; positions that are added to q and k only where these are meant.</summary>
    public static double[] Input(Model model, int[] text, int layer, int position, bool normed, bool meets = true)
    {
        var hook = $"blocks.{layer}.hook_resid_pre";
        var state = NaiveStates.At(model.Run(new ModelInput(text), [hook])[hook], position);
        if (!normed || NaiveStates.IsPostNorm(model) || model.Config.NormPlacement == "after")
        {
            return state;
        }

        var read = Normed(model, $"blocks.{layer}.ln1", state);
        return meets && model.Config.Positions == "shortformer" ? [.. read.Zip(new NaiveWeights(model).Rows("pos_embed.W_pos")[position], (value, place) => value + place)] : read;
    }

    /// <summary>The norm that makes of an embedding what a layer's heads would read; null where there is none.</summary>
    public static string? NormBefore(Model model, int layer) => model.Config.NormPlacement switch
    {
        "post" when layer > 0 => $"blocks.{layer - 1}.ln2",
        "post" => model.HasWeight("embed.ln.w") ? "embed.ln" : null,
        "after" => null,
        _ => $"blocks.{layer}.ln1",
    };

    /// <summary>A message read in one of the ways.</summary>
    public static double[] MessageScores(Model model, double[] message, MessageReading reading)
    {
        var weights = new NaiveWeights(model);
        var embeddings = weights.Rows("embed.W_E");
        switch (reading)
        {
            case MessageReading.Dot:
                return Scores(message, embeddings, cosine: false);
            case MessageReading.FinalNorm:
                return Scores(Normed(model, "ln_final", message), embeddings, cosine: true);
            case MessageReading.NormedVocabulary:
                return Scores(message, Array.ConvertAll(embeddings, row => Normed(model, "ln_final", row)), cosine: true);
            case MessageReading.Auto or MessageReading.Written when !NaiveStates.IsPostNorm(model):
                var (mean, gain) = (model.Config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : message.Average(), weights.Vector("ln_final.w"));
                return Scores([.. message.Select((value, at) => (value - mean) * (gain?[at] ?? 1))], weights.Columns("unembed.W_U"), cosine: false);
            case MessageReading.WrittenCosine:
                return Scores(message, Array.ConvertAll(weights.Columns("unembed.W_U"), row => Written(model, row)), cosine: true);
            default:
                return Scores(message, embeddings, cosine: true);
        }
    }

    /// <summary>The vector with which a message's product is what the final norm, without scale and bias, makes of it for a token: <c>C (w * u)</c>.</summary>
    public static double[] Written(Model model, double[] row)
    {
        var gain = NaiveStates.IsPostNorm(model) ? null : new NaiveWeights(model).Vector("ln_final.w");
        double[] gained = [.. row.Select((value, at) => value * (gain?[at] ?? 1))];
        var mean = NaiveStates.IsPostNorm(model) || model.Config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : gained.Average();
        return Array.ConvertAll(gained, value => value - mean);
    }

    private static double[] Rotated(ModelConfig config, double[] x, int position)
    {
        var (turned, half) = (x.ToArray(), config.RotaryDim / 2);
        for (var pair = 0; pair < half; pair++)
        {
            var (first, second) = config.RotaryAdjacentPairs ? (2 * pair, (2 * pair) + 1) : (pair, pair + half);
            var turn = System.Numerics.Complex.FromPolarCoordinates(config.RopeAttentionFactor, position * config.InvFreq[pair]) * new System.Numerics.Complex(x[first], x[second]);
            (turned[first], turned[second]) = (turn.Real, turn.Imaginary);
        }

        return turned;
    }

    /// <summary><c>(x W_V + b_V) W_O</c>.</summary>
    public static double[] Message(Model model, int layer, int head, double[] x, bool biases) => Times(Read(model, layer, head, x, "V", biases), Head(model, layer, head, "O"));

    /// <summary><c>x W + b</c>, <c>[d_head]</c>.</summary>
    public static double[] Read(Model model, int layer, int head, double[] x, string matrix, bool biases)
    {
        var read = Times(x, Head(model, layer, head, matrix));
        var name = $"blocks.{layer}.attn.b_{matrix}";
        if (!biases || !model.HasWeight(name))
        {
            return read;
        }

        var bias = new NaiveWeights(model).Rows(name)[new NaiveWeights(model).Stored(name, head)];
        return [.. read.Select((value, at) => value + bias[at])];
    }

    /// <summary>Cosine (0 with a zero vector) or dot product with each row.</summary>
    public static double[] Scores(double[] x, double[][] rows, bool cosine) => Array.ConvertAll(rows, row =>
    {
        var (dot, lengths) = (NaiveWeights.Dot(x, row), Math.Sqrt(NaiveWeights.Dot(x, x) * NaiveWeights.Dot(row, row)));
        return !cosine ? dot : lengths == 0 ? 0 : dot / lengths;
    });

    /// <summary>A norm of the model by the name of its weights.</summary>
    public static double[] Normed(Model model, string norm, double[] x)
    {
        var weights = new NaiveWeights(model);
        var (gain, shift) = (weights.Vector($"{norm}.w"), weights.Vector($"{norm}.b"));
        var mean = model.Config.Norm.StartsWith("RMS", StringComparison.Ordinal) ? 0 : x.Average();
        var scale = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + model.Config.Eps);
        return [.. x.Select((value, at) => ((value - mean) / scale * (gain?[at] ?? 1)) + (shift?[at] ?? 0))];
    }

    /// <summary>x·W.</summary>
    public static double[] Times(double[] x, double[][] matrix)
    {
        var products = new double[matrix[0].Length];
        for (var row = 0; row < x.Length; row++)
        {
            for (var column = 0; column < products.Length; column++)
            {
                products[column] += x[row] * matrix[row][column];
            }
        }

        return products;
    }

    private static double[][] Head(Model model, int layer, int head, string matrix)
    {
        var (weights, name) = (new NaiveWeights(model), $"blocks.{layer}.attn.W_{matrix}");
        return weights.Head(name, weights.Stored(name, head));
    }
}
