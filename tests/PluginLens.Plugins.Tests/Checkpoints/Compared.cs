using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>What the tests of compared lists ask for, and the naive form of it.</summary>
internal static class Compared
{
    /// <summary>Words per list.</summary>
    public const int K = 6;

    /// <summary>Above so many medians a token's norm is large.</summary>
    public const double Large = 1.05;

    /// <summary>Checkpoints of each kind.</summary>
    public static string[] Names { get; } = ["gpt2", "qwen2", "mistral", "bert"];

    /// <summary>A text.</summary>
    public static Prompt[] Text { get; } = [CheckpointModels.Prompts[1]];

    /// <summary>All filters and flags at once, as every record of options has them.</summary>
    public static T Asked<T>(T options, bool center = false)
        where T : WordOptions => (T)(options with { Center = center, BpeFilter = BpeFilter.LeadingSpace, DropFlagged = true, LargeNorm = Large, Flags = true, HighBias = 0.01 });

    /// <summary>The same, with lengths.</summary>
    public static T Asked<T>(T options, bool center, CosineOf cosine)
        where T : VectorOptions => Asked((T)(options with { Cosine = cosine }), center);

    /// <summary>Which tokens of a checkpoint may be listed then.</summary>
    public static Func<int, bool> Keep(string name)
    {
        var (model, large) = (CheckpointModels.Get(name), NaiveComparison.Large(CheckpointModels.Get(name), Large));
        return id => CheckpointModels.HasText(name, id) && !large[id] && model.Tokenizer!.StartsWord(id);
    }

    /// <summary>Every token as a vector is compared with it, <c>V x d_model</c>.</summary>
    public static double[][] Tokens(Model model, bool writes, bool center) => NaiveComparison.Centred(new NaiveWeights(model).Vocabulary(writes), center);

    /// <summary>A list is the naive one.</summary>
    public static void AssertList(Model model, IEnumerable<int> found, double[] vector, double[][] tokens, CosineOf cosine, Func<int, bool> keep, IEnumerable<double>? scores = null, int k = K) =>
        NaiveLists.AssertTop(found, NaiveComparison.Scores(vector, tokens, cosine), k, model.Config.Name, keep, scores);

    /// <summary>Whether a list is flagged.</summary>
    public static bool? HighBias(Model model, IEnumerable<int> ids)
    {
        var weights = new NaiveWeights(model);
        var norm = NaiveStates.IsPostNorm(model) ? weights.Vector("mlm_head.ln.b") : weights.Vector("ln_final.b");
        double[] bias = [.. weights.Columns("unembed.W_U").Select((row, id) => (weights.Vector("unembed.b_U")?[id] ?? 0) + (norm is null ? 0 : NaiveWeights.Dot(norm, row)))];
        return Math.Abs(ids.Average(id => bias[id] - bias.Average())) > 0.01;
    }

    /// <summary>A word of the vocabulary that may be listed.</summary>
    public static string Word(Model model) => Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id).Trim())
        .First(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit) && (model.Tokenizer!.Encode(" " + text) is [var only] || model.Tokenizer.Encode(text) is [var bare]) && Passes(model, text));

    private static bool Passes(Model model, string text)
    {
        var id = model.Tokenizer!.Encode(" " + text) is [var one] ? one : model.Tokenizer.Encode(text)[0];
        return model.Tokenizer.StartsWord(id) && !NaiveComparison.Large(model, Large)[id];
    }
}
