namespace PluginLens.Plugins.Stitching;

/// <summary>The receiver with what its tuning changed in place of its weights.</summary>
internal static class Subtraction
{
    /// <summary>A view whose last blocks hold tuned - original: every tensor but the norms'; the classifier too, where the original has one.</summary>
    /// <param name="tuned">The receiver.</param>
    /// <param name="original">The receiver before its tuning.</param>
    /// <param name="last">Blocks of it that are used.</param>
    public static Model Of(Model tuned, Model original, int last)
    {
        var (a, b) = (tuned.Config, original.Config);

        // Folded norms are part of the weights and could not be left alone; balanced factors of two models have no common basis.
        var step = a.Processing.Concat(b.Processing).FirstOrDefault(step => step is "fold_ln" or "refactor_attn");
        if (step is not null || !a.Processing.SequenceEqual(b.Processing))
        {
            throw new UsageException($"--subtract: '{a.Name}' is {a.ProcessingName}, '{b.Name}' {b.ProcessingName}; expected one processing, without fold_ln and refactor_attn: export both raw.");
        }

        var names = tuned.WeightNames.Where(name => IsChanged(name, a.NLayers - last) || (name.StartsWith("classifier.", StringComparison.Ordinal) && original.HasWeight(name)));
        return tuned.WithWeights(names.ToDictionary(name => name, name => Difference(tuned, original, name)));
    }

    private static bool IsChanged(string name, int first)
    {
        var parts = name.Split('.');
        return parts is ["blocks", var block, "attn" or "mlp", var local, ..] && int.Parse(block, System.Globalization.CultureInfo.InvariantCulture) >= first && !local.EndsWith("_norm", StringComparison.Ordinal);
    }

    private static Tensor Difference(Model tuned, Model original, string name)
    {
        var one = tuned.Weight(name);
        if (!original.HasWeight(name) || !original.Weight(name).Shape.SequenceEqual(one.Shape))
        {
            throw new UsageException(
                $"--subtract: '{name}' of '{tuned.Config.Name}' has no counterpart of its shape in '{original.Config.Name}'; the third --model must be the receiver before its tuning.");
        }

        var (difference, before) = (one.Data.ToArray(), original.Weight(name));
        for (var at = 0; at < difference.Length; at++)
        {
            difference[at] -= before.Span[at];
        }

        return new Tensor(name, difference, [.. one.Shape]);
    }
}
