using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format;

namespace PluginLens.Import.Recognition;

/// <summary>Reads the sum of embeddings; the rows that were read in the run tell which table is which.</summary>
internal static class EmbeddingMatcher
{
    public static EmbeddingMatch Read(Reading reading, string sum, int width)
    {
        var batch = reading.Run.Batch;
        var match = new EmbeddingMatch("", 1, null, 0, false, null);
        foreach (var term in Terms(reading.Graph, sum))
        {
            var (table, indices, factor) = Lookup(reading, term);
            var rows = indices is null ? null : Rows(reading.Run[indices].Values, batch.Batch, batch.Length);
            var offset = rows is null ? 0 : (int)rows[0];
            if (rows is not null && table is not null && rows.AsSpan().SequenceEqual(Array.ConvertAll(batch.Ids, i => (float)i)))
            {
                match = match with { Tokens = table, Factor = factor };
            }
            else if (rows is not null && table is not null && factor == 1 && Enumerable.Range(0, rows.Length).All(i => rows[i] == (i % batch.Length) + offset) && batch.Length > 1)
            {
                match = match with { Positions = table, PositionOffset = offset, CountsTokens = reading.Graph.IsData(indices!) };
            }
            else if (rows is not null && table is not null && factor == 1 && (rows.All(r => r == 0) || rows.AsSpan().SequenceEqual(Array.ConvertAll(batch.Types, i => (float)i))))
            {
                match = match with { TokenTypes = table };
            }
            else if (!reading.Graph.IsData(term) && Table(reading, term, width) is { } found)
            {
                match = found.IsRow ? match with { TokenTypes = found.Name } : match with { Positions = found.Name, PositionOffset = found.Offset };
            }
            else
            {
                throw new ModelException($"The embedding has a term that is neither tokens, positions nor token types: {reading.Graph.Describe(term)}; it is not imported.");
            }
        }

        return match.Tokens.Length > 0 ? match
            : throw new ModelException($"The blocks start from {reading.Graph.Describe(sum)}, which is no sum with the embedding of the tokens; it is not imported.");
    }

    private static IEnumerable<string> Terms(GraphView graph, string sum)
    {
        var name = graph.Resolve(sum);
        return graph.Producer(name) is { } node && node.OpType is "Add" or "Sum" ? node.Input.SelectMany(i => Terms(graph, i)) : [name];
    }

    /// <summary>Table, indices and factor of a term that is a lookup.</summary>
    private static (string? Table, string? Indices, double Factor) Lookup(Reading reading, string term)
    {
        var (graph, factor) = (reading.Graph, 1.0);
        if (graph.Producer(term) is { OpType: "Mul" } product && product.Input.FirstOrDefault(i => graph.IsConstant(i) && reading.Run[i].Values.Length == 1) is { } constant)
        {
            factor = reading.Run[constant].Values[0];
            term = graph.Resolve(product.Input.First(i => i != constant));
        }

        return graph.Producer(term) is { OpType: "Gather" } gather && graph.IsConstant(gather.Input[0]) && reading.Run.Shape(gather.Input[0]).Length == 2 && gather.Integer("axis") == 0
            ? (gather.Input[0], gather.Input[1], factor) : (null, null, 1);
    }

    /// <summary>Indices of one sequence stand for all.</summary>
    private static float[]? Rows(float[] indices, int batch, int length) =>
        indices.Length == batch * length ? indices
        : indices.Length == length ? [.. Enumerable.Repeat(indices, batch).SelectMany(i => i)]
        : indices.Length == 1 ? [.. Enumerable.Repeat(indices[0], batch * length)]
        : null;

    /// <summary>The constant whose first rows a term repeats: a position table that was sliced, or a single row.</summary>
    private static (string Name, int Offset, bool IsRow)? Table(Reading reading, string term, int width)
    {
        var values = reading.Run[term].Values;
        var one = reading.Run.Batch.Length * width;
        if (values.Length > one)
        {
            values = values[..one];
        }

        if (values.Length == width)
        {
            return (term, 0, true);
        }

        foreach (var (name, tensor) in reading.Model.Constants.Where(c => ElementTypes.IsFloat(c.Value.Type) && c.Value.Elements >= values.Length && c.Value.Shape is [.., var last] && last == width))
        {
            var table = reading.Run[name].Values;
            for (var offset = 0; offset <= 2 && ((offset * width) + values.Length) <= table.Length; offset++)
            {
                if (values.AsSpan().SequenceEqual(table.AsSpan(offset * width, values.Length)))
                {
                    return (name, offset, false);
                }
            }
        }

        return null;
    }
}
