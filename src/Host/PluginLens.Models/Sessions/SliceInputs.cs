using System.Globalization;
using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions;

/// <summary>Checks what a caller gives and makes the arrays of it that a session takes.</summary>
/// <param name="config">Limits: context and vocabulary.</param>
/// <param name="hooks">Dimensions of each hook.</param>
/// <param name="tokenTypes">Rows of the token-type embedding; 0 = none.</param>
internal sealed class SliceInputs(ModelConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>> hooks, int tokenTypes)
{
    /// <summary>The checks that fit a model.</summary>
    /// <param name="config">Limits: context and vocabulary.</param>
    /// <param name="hooks">Dimensions of each hook.</param>
    /// <param name="weights">Its weights.</param>
    public static SliceInputs For(ModelConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>> hooks, IReadOnlyDictionary<string, ModelWeight> weights)
    {
        if (!config.Traits.Contains(Trait.Stitched))
        {
            return new SliceInputs(config, hooks, weights.TryGetValue("token_type_embed.W_token_type", out var types) ? types.Shape[0] : 0);
        }

        // Of a stitched model the tokens enter the innermost donor, which may have fewer rows than the receiver. Token types may enter both; with pos_offset there is one, whatever is given.
        int? Rows(string embedding, bool own) => weights.Values.Where(weight => weight.Name.EndsWith($"donor.{embedding}", StringComparison.Ordinal) || (own && weight.Name == embedding)).Min(weight => (int?)weight.Shape[0]);
        var kinds = Rows("token_type_embed.W_token_type", own: !config.Metadata.ContainsKey("pos_offset")) ?? 0;
        return new SliceInputs(config with { DVocab = Math.Min(Rows("embed.W_E", own: false) ?? config.DVocab, config.DVocab) }, hooks, kinds);
    }

    /// <summary>Token ids that the forward pass embeds.</summary>
    public int Vocabulary => config.DVocab;

    /// <summary>A value for each input of a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="input">Tokens and replaced activations.</param>
    /// <param name="extents">Receives what <c>batch</c> and <c>pos</c> are.</param>
    public Dictionary<string, GraphArray> Bind(GraphSlice slice, ModelInput input, Dictionary<string, int> extents)
    {
        if (slice.Inputs.Count > 0)
        {
            CheckTokens(input);
            extents["batch"] = input.Tokens.Count;
            extents["pos"] = extents["key_pos"] = input.Tokens[0].Length;
        }

        foreach (var name in slice.Replaced)
        {
            CheckShape(input.Replace[name], name, "replacement", extents);
        }

        foreach (var name in slice.Overlaid)
        {
            CheckShape(input.Overlay[name], name, "overlay", extents);
        }

        if (extents.TryGetValue("pos", out var length) && length > config.NCtx)
        {
            throw new ModelException($"The input has {length} tokens; model '{config.Name}' takes at most {config.NCtx}. Shorten it.");
        }

        var values = new Dictionary<string, GraphArray>(StringComparer.Ordinal);
        foreach (var name in slice.Inputs)
        {
            values[name] = Ids(Rows(input, name), input, otherwise: name == "attention_mask" ? 1 : 0);
        }

        foreach (var name in slice.Replaced)
        {
            values[name] = Activation(input.Replace[name], slice.IsInteger(name));
        }

        foreach (var name in slice.Overlaid)
        {
            values[GraphSlice.Overlay(name)] = Activation(input.Overlay[name], isInteger: false);
        }

        return values;
    }

    private IReadOnlyList<int[]>? Rows(ModelInput input, string name) => name switch
    {
        "input_ids" => input.Tokens,
        "attention_mask" => input.AttentionMask,
        "token_type_ids" => input.TokenTypeIds,
        _ => throw new ModelException($"The graph of model '{config.Name}' has an input '{name}' that is not known; expected input_ids, attention_mask or token_type_ids."),
    };

    private void CheckTokens(ModelInput input)
    {
        if (input.Tokens.Count == 0 || input.Tokens[0].Length == 0)
        {
            throw new ModelException("The input has no tokens; expected at least one.");
        }

        var length = input.Tokens[0].Length;
        if (input.Tokens.Any(row => row.Length != length))
        {
            throw new ModelException($"The rows of a batch must have one length; found {string.Join(", ", input.Tokens.Select(row => row.Length).Distinct().Take(5))}. Run them one by one.");
        }

        RequireRange(input.Tokens, config.DVocab, "Token id");
        if (input.AttentionMask is { } mask)
        {
            RequireShape(mask, "attention_mask", input);
            RequireRange(mask, 2, "Attention mask");
            RequireRightPadding(mask);
        }

        if (input.TokenTypeIds is { } types)
        {
            RequireShape(types, "token_type_ids", input);
            RequireRange(types, Math.Max(tokenTypes, 1), "Token type");
        }
    }

    private void RequireRange(IReadOnlyList<int[]> rows, int end, string what)
    {
        foreach (var id in rows.SelectMany(row => row))
        {
            if (id < 0 || id >= end)
            {
                throw new ModelException($"{what} {id} is out of range for model '{config.Name}': expected 0 to {end - 1}.");
            }
        }
    }

    private static void RequireShape(IReadOnlyList<int[]> rows, string name, ModelInput input)
    {
        if (rows.Count != input.Tokens.Count || rows.Any(row => row.Length != input.Tokens[0].Length))
        {
            throw new ModelException($"The {name} must have the shape of the tokens: {input.Tokens.Count} x {input.Tokens[0].Length}.");
        }
    }

    /// <summary>A decoder takes no mask: what stands to the right is not seen anyway, what stands to the left would be.</summary>
    private void RequireRightPadding(IReadOnlyList<int[]> mask)
    {
        if (config.AttentionDir == "causal" && mask.Any(row => row.AsSpan().IndexOf(0) is >= 0 and var first && row.AsSpan(first).Contains(1)))
        {
            throw new ModelException($"Model '{config.Name}' has no attention mask and would read the padding on the left; pad on the right.");
        }
    }

    /// <summary>Rows as int64; where none are given, a mask is all ones and types are all zeros.</summary>
    private static GraphArray Ids(IReadOnlyList<int[]>? rows, ModelInput input, int otherwise)
    {
        var (batch, length) = (input.Tokens.Count, input.Tokens[0].Length);
        var ids = new long[batch * length];
        for (var at = 0; at < ids.Length; at++)
        {
            ids[at] = rows?[at / length][at % length] ?? otherwise;
        }

        return new GraphArray(ids, [batch, length]);
    }

    private static GraphArray Activation(Tensor tensor, bool isInteger)
    {
        long[] shape = [.. tensor.Shape.Select(extent => (long)extent)];
        var values = tensor.Data.ToArray();
        return isInteger ? new GraphArray(Array.ConvertAll(values, value => (long)value), shape) : new GraphArray(values, shape);
    }

    /// <summary>Numbers must agree; a named extent is what it is where it is first met.</summary>
    private void CheckShape(Tensor tensor, string name, string what, Dictionary<string, int> extents)
    {
        var dimensions = hooks[name];
        var before = new Dictionary<string, int>(extents, StringComparer.Ordinal);
        var fits = tensor.Shape.Count == dimensions.Count && tensor.Data.Length > 0;
        for (var at = 0; fits && at < dimensions.Count; at++)
        {
            var extent = tensor.Shape[at];
            if (int.TryParse(dimensions[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                fits = number == extent;
                continue;
            }

            fits = !extents.TryGetValue(dimensions[at], out var known) || known == extent;
            extents[dimensions[at]] = extent;
            if (dimensions[at] is "pos" or "key_pos")
            {
                extents["pos"] = extents["key_pos"] = extent;
            }
        }

        if (!fits)
        {
            var expected = dimensions.Select(dimension => before.TryGetValue(dimension, out var known) ? $"{dimension} = {known}" : dimension);
            throw new ModelException($"The {what} of '{name}' has shape [{string.Join(", ", tensor.Shape)}]; expected [{string.Join(", ", expected)}].");
        }
    }
}
