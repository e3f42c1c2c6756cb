namespace PluginLens.Toolkit;

/// <summary>The parameter vectors of a model, group by group and layer by layer, as rows of width d_model.</summary>
/// <param name="model">The model.</param>
/// <param name="keysOfLinearBranch">Gated MLPs: keys are the columns of W_in instead of W_gate.</param>
public sealed class ParameterVectors(Model model, bool keysOfLinearBranch = false)
{
    /// <summary>Every group that the model has, in a fixed order.</summary>
    public IReadOnlyList<ParameterGroup> Groups => model.Config.AttnOnly
        ? [ParameterGroup.WQ, ParameterGroup.WK, ParameterGroup.WV, ParameterGroup.WO]
        : [ParameterGroup.K, ParameterGroup.V, ParameterGroup.WQ, ParameterGroup.WK, ParameterGroup.WV, ParameterGroup.WO];

    /// <summary>The same with both key matrices of gated MLPs.</summary>
    public IReadOnlyList<ParameterGroup> AllGroups => model.Config.GatedMlp ? [ParameterGroup.K, ParameterGroup.KIn, .. Groups.Skip(1)] : Groups;

    /// <summary>The field's name of a group.</summary>
    /// <param name="group">Group.</param>
    public static string Name(ParameterGroup group) => group switch
    {
        ParameterGroup.K or ParameterGroup.V => $"{group}",
        ParameterGroup.KIn => "K_in",
        _ => $"W_{group.ToString()[1]}",
    };

    /// <summary>The weight that a group is read from, for notes and caches: <c>W_gate</c>, <c>W_out</c>, <c>W_Q</c>.</summary>
    /// <param name="group">Group.</param>
    public string Matrix(ParameterGroup group) => group switch
    {
        ParameterGroup.K => model.Config.GatedMlp && !keysOfLinearBranch ? "W_gate" : "W_in",
        ParameterGroup.KIn => "W_in",
        ParameterGroup.V => "W_out",
        _ => Name(group),
    };

    /// <summary>Whether the vectors write to the residual stream (FFN values, rows of W_O) rather than read it.</summary>
    /// <param name="group">Group.</param>
    public static bool Writes(ParameterGroup group) => group is ParameterGroup.V or ParameterGroup.WO;

    /// <summary>How many vectors a group has in one layer.</summary>
    /// <param name="group">Group.</param>
    public int Count(ParameterGroup group) => group switch
    {
        ParameterGroup.K or ParameterGroup.KIn or ParameterGroup.V => model.Config.DMlp,
        ParameterGroup.WK or ParameterGroup.WV => model.Config.KeyValueHeads * model.Config.DHead,
        _ => model.Config.NHeads * model.Config.DHead,
    };

    /// <summary>The vectors of one group in one layer, <c>n x d_model</c>: n = d_mlp, or heads times d_head.</summary>
    /// <param name="group">Group.</param>
    /// <param name="layer">Layer.</param>
    public Matrix Rows(ParameterGroup group, int layer)
    {
        var block = $"blocks.{layer}";
        return group switch
        {
            ParameterGroup.K or ParameterGroup.KIn => model.Weight($"{block}.mlp.{Matrix(group)}").AsMatrix().Transpose(),
            ParameterGroup.V => model.Weight($"{block}.mlp.W_out").AsMatrix(),
            ParameterGroup.WO => model.Weight($"{block}.attn.W_O").AsMatrix(),
            _ => HeadColumns(model.Weight($"{block}.attn.W_{group.ToString()[1]}")),
        };
    }

    /// <summary>Copies chosen rows of a matrix together, <c>n x d_model</c>.</summary>
    /// <param name="rows">All vectors.</param>
    /// <param name="chosen">Which.</param>
    public static Matrix Gather(Matrix rows, IReadOnlyList<int> chosen)
    {
        var gathered = new float[chosen.Count * rows.Columns];
        for (var index = 0; index < chosen.Count; index++)
        {
            rows.CopyRow(chosen[index], gathered.AsSpan(index * rows.Columns, rows.Columns));
        }

        return new Matrix(gathered, chosen.Count, rows.Columns);
    }

    /// <summary>The columns of every head of <c>[h,d,dh]</c> as rows, <c>(h*dh) x d</c>.</summary>
    private static Matrix HeadColumns(Tensor weight)
    {
        var (heads, width, columns) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var rows = new float[weight.Data.Length];
        for (var head = 0; head < heads; head++)
        {
            var transposed = weight[head].AsMatrix().Transpose();
            for (var column = 0; column < columns; column++)
            {
                transposed.CopyRow(column, rows.AsSpan(((head * columns) + column) * width, width));
            }
        }

        return new Matrix(rows, heads * columns, width);
    }
}
