namespace PluginLens.Pictures.Tests;

/// <summary>One figure of every kind, small and with known numbers.</summary>
internal static class SampleFigures
{
    public static string[] Tokens { get; } = ["<s> (0)", " the (1)", " cat (2)", " the (3)", "\n (4)", " extraordinarilylongtokenthatneverends (5)"];

    /// <summary>Attention: masked cells have no value, a token repeats.</summary>
    public static Heatmap Attention { get; } = new(
        "Attention of L0H1 in prompt 0", "source token", "destination token", Tokens, Tokens,
        [.. Enumerable.Range(0, Tokens.Length).Select(row => Enumerable.Range(0, Tokens.Length).Select(column => column <= row ? (double?)(1.0 / (row + 1)) : null).ToArray())]);

    public static Heatmap Heads { get; } = new(
        "What each head adds to the logit", "head", "layer", Numbers(12), Numbers(6), [.. Enumerable.Range(0, 6).Select(row => Enumerable.Range(0, 12).Select(column => (double?)((row - 3) * 0.5 * Math.Sin(column))).ToArray())], Signed: true);

    public static TokenGrid Lens { get; } = new(
        "Logit lens of prompt 0", "token", "after layer", Tokens, ["output", "1", "0", "input"],
        [.. Enumerable.Range(0, 4).Select(row => Tokens.Select((_, column) => new TokenCell(row == 3 && column == 0 ? string.Empty : column % 2 == 0 ? " Paris" : "\t<b>&", row == 3 && column == 0 ? null : 0.2 * (4 - row) + (0.01 * column), "Paris 0.5")).ToArray())]);

    public static Chart Curves { get; } = new(
        "Head 3: score over the distance from key to query", "offset", "score", Numbers(64),
        [.. Enumerable.Range(0, 3).Select(series => new Series($"pair {series}", [.. Enumerable.Range(0, 64).Select(at => at is 20 or 22 ? null : (double?)(Math.Cos(at / (5.0 + series)) * 3))]))]);

    public static Chart Bars { get; } = new("What each layer adds to the logit", "layer", "logit", Numbers(6), [new Series("attention", [1, -2, 3, 0.5, null, 4]), new Series("MLP", [0.5, 1, -1, 2, 2.5, 3])], AsBars: true);

    public static Scatter Map { get; } = new(
        "300 tokens of embed.W_E", "PC 1", "PC 2",
        [.. Enumerable.Range(0, 300).Select(at => new ScatterPoint(Math.Cos(at) * at, Math.Sin(at * 1.3) * at, $" w{at}", Value: at / 300.0))]);

    public static Scatter Groups { get; } = new(
        "Heads", "x", "y", [.. Enumerable.Range(0, 40).Select(at => new ScatterPoint(at % 7, (at * at) % 11, $"L{at / 10}H{at % 10}", Group: $"layer {at / 10}"))]);

    public static IReadOnlyDictionary<string, Figure> All { get; } = new Dictionary<string, Figure>
    {
        ["attention"] = Attention, ["heads"] = Heads, ["lens"] = Lens, ["curves"] = Curves, ["bars"] = Bars, ["map"] = Map, ["groups"] = Groups,
        ["large"] = new Heatmap("A large matrix", "column", "row", Numbers(1000), Numbers(1000), [.. Enumerable.Range(0, 1000).Select(row => Enumerable.Range(0, 1000).Select(column => (double?)Math.Sin(row * column / 20000.0)).ToArray())], Signed: true),
    };

    public static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(at => $"{at}")];
}
