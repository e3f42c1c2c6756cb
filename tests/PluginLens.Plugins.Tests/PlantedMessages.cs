using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>A model whose heads leave chosen patterns and messages on the tokens of a text of three: position p is axis p of every head's keys and values.</summary>
internal static class PlantedMessages
{
    /// <summary>A text that stands for itself by <see cref="Words"/>.</summary>
    public static Prompt Text { get; } = new(null, [1, 2, 3]);

    /// <summary>Texts of the vocabulary: 1 to 3 are the text, 11 to 13 the same in other case and space, 21 to 23 begin like it.</summary>
    public static string[] Words { get; } = [.. Enumerable.Range(0, VectorModels.V).Select(id => id switch
    {
        1 => " Bear", 2 => " cat", 3 => "dog", 11 => "bear", 12 => " CAT", 13 => "Dog ", 21 => " bus", 22 => "Cup", 23 => " door", _ => $" w{id}",
    })];

    /// <summary>The model; of patterns and messages the first word is what was planted, by a cosine with W_E of 1.</summary>
    /// <param name="patterns">Token of each head of layer 0 and position, <c>[4][3]</c>.</param>
    /// <param name="messages">The same of messages.</param>
    /// <param name="attention">Weight of a head from a query to a key.</param>
    public static FakeModel Make(int[][] patterns, int[][] messages, Func<int, int, int, float> attention)
    {
        const int D = VectorModels.D;
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(Words));
        var embedding = model.WE;
        return model
            .WithWeight("blocks.0.attn.W_Q", data =>
            {
                foreach (var (head, row, axis) in from head in Enumerable.Range(0, 4) from row in Enumerable.Range(0, D) from axis in Enumerable.Range(0, 3) select (head, row, axis))
                {
                    data[(((head * D) + row) * 3) + axis] = embedding.Row(patterns[head][axis])[row];
                }
            })
            .WithWeight("blocks.0.attn.W_O", data =>
            {
                foreach (var (head, axis) in from head in Enumerable.Range(0, 4) from axis in Enumerable.Range(0, 3) select (head, axis))
                {
                    embedding.Row(messages[head][axis]).CopyTo(data.AsSpan(((head * 3) + axis) * D, D));
                }
            })
            .WithHook("blocks.0.attn.hook_k", ["batch", "pos", "2", "3"], input => Axes(input.Tokens[0].Length))
            .WithHook("blocks.0.attn.hook_v", ["batch", "pos", "2", "3"], input => Axes(input.Tokens[0].Length))
            .WithHook("blocks.0.attn.hook_pattern", ["batch", "4", "pos", "pos"], input =>
            {
                var length = input.Tokens[0].Length;
                return new Tensor("pattern", (from head in Enumerable.Range(0, 4) from query in Enumerable.Range(0, length) from key in Enumerable.Range(0, length) select attention(head, query, key)).ToArray(), 1, 4, length, length);
            });
    }

    private static Tensor Axes(int length) =>
        new("axes", (from position in Enumerable.Range(0, length) from head in Enumerable.Range(0, 2) from axis in Enumerable.Range(0, 3) select axis == position ? 5f : 0).ToArray(), 1, length, 2, 3);
}
