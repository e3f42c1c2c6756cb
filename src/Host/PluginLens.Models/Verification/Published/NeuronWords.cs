namespace PluginLens.Models.Verification.Published;

/// <summary>The tokens with the largest product with an FFN key and with its value, and with their negatives.</summary>
internal sealed class NeuronWords(NeuronWordsData data) : PublishedCheck
{
    private const int Shortened = 15;

    /// <inheritdoc/>
    public override IEnumerable<ModelCheck> Run(Model model, Compute compute)
    {
        var ids = Shown(model);
        var key = Rows.Contiguous(model.Weight($"blocks.{data.Layer}.mlp.W_in").AsMatrix().Transpose().Slice(data.Neuron, 1));
        var value = model.Weight($"blocks.{data.Layer}.mlp.W_out").AsMatrix().Slice(data.Neuron, 1);
        (string Name, Matrix Vector, RowOrder Order, string[]? Published)[] columns =
        [
            ("key", key, RowOrder.Largest, data.Keys), ("value", value, RowOrder.Largest, data.Values),
            ("-key", key, RowOrder.Smallest, data.MinusKeys), ("-value", value, RowOrder.Smallest, data.MinusValues),
        ];
        foreach (var (name, vector, order, published) in columns)
        {
            if (published is not null)
            {
                yield return Compare(name, model, compute, vector, order, published, ids);
            }
        }
    }

    private ModelCheck Compare(string name, Model model, Compute compute, Matrix vector, RowOrder order, string[] published, Dictionary<string, List<int>> ids)
    {
        var top = compute.TopRows(vector, model.WE, new RowQuery { K = published.Length, Order = order, Keep = data.OnlyAscii ? Ascii(model) : null });
        var largest = Math.Abs(top.ScoresOf(0)[0]);
        var (worst, where) = (0.0, "none");
        foreach (var (rank, token) in published.Index())
        {
            // Different tokens can look alike in print: any of them may be meant.
            var difference = ids.TryGetValue(token, out var candidates)
                ? candidates.Min(id => Rows.Relative(Float64.Dot(vector.Row(0), model.WE.Row(id)) - top.ScoresOf(0)[rank], largest))
                : double.PositiveInfinity;
            (worst, where) = difference > worst ? (difference, $"rank {rank + 1}, published '{token}', found '{model.Token(top.IdsOf(0)[rank]).Text}'") : (worst, where);
        }

        return ModelCheck.Within($"words of the {name} of L{data.Layer} N{data.Neuron}", worst, 1e-5, $"{published.Length} tokens; product of the published token against that of its rank; worst: {where} (A24)");
    }

    /// <summary>The table's way to print a token: without the mark of a leading space or with # where there is none, long ones cut in some tables.</summary>
    private static Dictionary<string, List<int>> Shown(Model model)
    {
        var ids = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var id = 0; id < model.Config.DVocab; id++)
        {
            if (model.Tokenizer!.Piece(id) is { } piece)
            {
                var shown = IsSpaced(piece) ? piece[1..] : $"#{piece}";
                Add(shown, id);
                if (shown.Length > Shortened)
                {
                    Add($"{shown[..Shortened]}...", id);
                }
            }
        }

        return ids;

        void Add(string shown, int id)
        {
            if (!ids.TryGetValue(shown, out var list))
            {
                ids[shown] = list = [];
            }

            list.Add(id);
        }
    }

    private static bool[] Ascii(Model model) => [.. Enumerable.Range(0, model.Config.DVocab).Select(id => model.Tokenizer!.Piece(id) is { } piece && piece.AsSpan().Trim('Ġ').IndexOfAnyExceptInRange('\0', '\x7f') < 0)];

    private static bool IsSpaced(string piece) => piece.Length > 0 && piece[0] is 'Ġ' or ' ';
}

/// <summary>Published: tokens in order for a neuron's key and value, and in one table for their negatives.</summary>
internal sealed record NeuronWordsData(int Layer, int Neuron, bool OnlyAscii, string[] Keys, string[] Values, string[]? MinusKeys, string[]? MinusValues);
