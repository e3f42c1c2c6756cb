using PluginLens.Import.Probe;
using PluginLens.Models.Format.Canonical;

namespace PluginLens.Import.Recognition;

/// <summary>Gives the weights that were recognised their canonical names and shapes, in the order in which the exporter writes them.</summary>
/// <param name="transformer">What was recognised.</param>
/// <param name="positions">Rows of the position table that count.</param>
internal sealed class CanonicalWeights(Transformer transformer, int positions)
{
    private readonly List<CanonicalWeight> _weights = [];
    private readonly ProbeRun _run = transformer.Reading.Run;

    public IReadOnlyList<CanonicalWeight> All()
    {
        Embedding(transformer.Embedding);
        AddNorm("embed.ln", transformer.EmbeddingNorm);
        foreach (var block in transformer.Blocks)
        {
            Block($"blocks.{block.Attention.Layer}", block);
        }

        var head = transformer.Head;
        AddNorm("ln_final", head.Final);
        if (head.Transform is { } transform)
        {
            Matrix("mlm_head.W", "mlm_head.b", new ColumnRange(transform, 0, transform.Out));
        }

        AddNorm("mlm_head.ln", head.TransformNorm);
        if (head.Unembedding is { } map)
        {
            Matrix("unembed.W_U", "unembed.b_U", new ColumnRange(map, 0, map.Out));
        }

        return _weights;
    }

    private void Embedding(EmbeddingMatch embedding)
    {
        var factor = (float)embedding.Factor;
        Add("embed.W_E", _run.Shape(embedding.Tokens), () => factor == 1 ? _run[embedding.Tokens].Values : Array.ConvertAll(_run[embedding.Tokens].Values, v => v * factor));
        var width = (int)_run.Shape(embedding.Tokens)[1];
        if (embedding.Positions is { } table)
        {
            Add("pos_embed.W_pos", [positions, width], () => _run[table].Values.AsSpan(embedding.PositionOffset * width, positions * width).ToArray());
        }

        if (embedding.TokenTypes is { } types)
        {
            // A single row that is always added stands for both types.
            var rows = _run[types].Values.Length / width;
            var kept = rows == 1 && !embedding.CountsTokens ? 2 : rows;
            Add("token_type_embed.W_token_type", [kept, width], () => [.. Enumerable.Range(0, kept).SelectMany(r => _run[types].Values.Skip(r % rows * width).Take(width))]);
        }
    }

    private void Block(string name, BlockMatch block)
    {
        AddNorm($"{name}.ln1", block.Norm1);
        var attention = block.Attention;
        Heads($"{name}.attn", "Q", attention.Q);
        Heads($"{name}.attn", "K", attention.K);
        Heads($"{name}.attn", "V", attention.V);
        var (output, width) = (attention.Output, attention.Q.Width);
        Add($"{name}.attn.W_O", [attention.Q.Heads, width, output.Out], () =>
        {
            var (rows, result) = (output.Weights(_run), new float[attention.OutputRows.Length * output.Out]);
            for (var i = 0; i < attention.OutputRows.Length; i++)
            {
                rows.AsSpan(attention.OutputRows[i] * output.Out, output.Out).CopyTo(result.AsSpan(i * output.Out));
            }

            return result;
        });
        if (output.Bias is not null)
        {
            Add($"{name}.attn.b_O", [output.Out], () => output.Biases(_run)!);
        }

        AddNorm($"{name}.ln2", block.Norm2);
        if (block.Mlp is { } mlp)
        {
            if (mlp.Gate is { } gate)
            {
                Matrix($"{name}.mlp.W_gate", $"{name}.mlp.b_gate", gate);
            }

            Matrix($"{name}.mlp.W_in", $"{name}.mlp.b_in", mlp.In);
            Matrix($"{name}.mlp.W_out", $"{name}.mlp.b_out", new ColumnRange(mlp.Out, 0, mlp.Out.Out));
        }
    }

    private void Heads(string name, string letter, HeadProjection projection)
    {
        var (linear, width) = (projection.Linear, projection.Width);
        Add($"{name}.W_{letter}", [projection.Heads, linear.In, width], () =>
        {
            var (all, result, at) = (linear.Weights(_run), new float[projection.Columns.Length * linear.In], 0);
            for (var h = 0; h < projection.Heads; h++)
            {
                for (var i = 0; i < linear.In; i++)
                {
                    for (var e = 0; e < width; e++)
                    {
                        result[at++] = all[(i * linear.Out) + projection.Columns[(h * width) + e]];
                    }
                }
            }

            return result;
        });
        if (linear.Bias is not null)
        {
            Add($"{name}.b_{letter}", [projection.Heads, width], () => linear.Biases(_run) is { } all ? [.. projection.Columns.Select(c => all[c])] : []);
        }
    }

    private void Matrix(string matrix, string bias, ColumnRange range)
    {
        Add(matrix, [range.Linear.In, range.Count], () => range.Weights(_run));
        if (range.Linear.Bias is not null)
        {
            Add(bias, [range.Count], () => range.Biases(_run)!);
        }
    }

    private void AddNorm(string name, Norm? norm)
    {
        if (norm?.Gain is { } gain)
        {
            Add($"{name}.w", [norm.Width], () => _run[gain].Values);
        }

        if (norm?.Bias is { } bias)
        {
            Add($"{name}.b", [norm.Width], () => _run[bias].Values);
        }
    }

    private void Add(string name, long[] shape, Func<float[]> read) => _weights.Add(new CanonicalWeight(name, shape, read));
}
