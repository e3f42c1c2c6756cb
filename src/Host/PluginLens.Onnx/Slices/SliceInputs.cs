using Microsoft.ML.OnnxRuntime;

namespace PluginLens.Onnx.Slices;

/// <summary>Checks what a caller gives and makes ONNX Runtime values of it.</summary>
internal static class SliceInputs
{
    /// <summary>A value for each input of a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="input">Tokens and replaced activations.</param>
    /// <param name="config">Limits: context and vocabulary.</param>
    /// <param name="hooks">Dimensions of each hook.</param>
    public static Dictionary<string, OrtValue> Bind(GraphSlice slice, ModelInput input, ModelConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>> hooks)
    {
        if (slice.Inputs.Count > 0)
        {
            CheckTokens(input, config);
        }

        var values = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        foreach (var name in slice.Inputs)
        {
            values[name] = Ids(name switch
            {
                "input_ids" => input.Tokens,
                "attention_mask" => input.AttentionMask ?? [.. input.Tokens.Select(row => Enumerable.Repeat(1, row.Length).ToArray())],
                "token_type_ids" => input.TokenTypeIds ?? [.. input.Tokens.Select(row => new int[row.Length])],
                _ => throw new ModelException($"The graph of model '{config.Name}' has an input '{name}' that is not known; expected input_ids, attention_mask or token_type_ids."),
            }, name, input);
        }

        foreach (var name in slice.Replaced)
        {
            var tensor = input.Replace[name];
            CheckShape(tensor, name, hooks[name]);
            values[name] = OrtValue.CreateTensorValueFromMemory(tensor.Span.ToArray(), [.. tensor.Shape.Select(extent => (long)extent)]);
        }

        return values;
    }

    private static void CheckTokens(ModelInput input, ModelConfig config)
    {
        if (input.Tokens.Count == 0 || input.Tokens[0].Length == 0)
        {
            throw new ModelException("The input has no tokens; expected at least one.");
        }

        var length = input.Tokens[0].Length;
        if (input.Tokens.Any(row => row.Length != length))
        {
            throw new ModelException($"The rows of a batch must have one length; found {string.Join(", ", input.Tokens.Select(row => row.Length).Distinct())}. Run them one by one.");
        }

        if (length > config.NCtx)
        {
            throw new ModelException($"The input has {length} tokens; model '{config.Name}' takes at most {config.NCtx}. Shorten it.");
        }

        foreach (var id in input.Tokens.SelectMany(row => row))
        {
            if (id < 0 || id >= config.DVocab)
            {
                throw new ModelException($"Token id {id} lies outside the vocabulary of model '{config.Name}': expected 0 to {config.DVocab - 1}.");
            }
        }
    }

    private static OrtValue Ids(IReadOnlyList<int[]> rows, string name, ModelInput input)
    {
        if (rows.Count != input.Tokens.Count || rows.Where((row, at) => row.Length != input.Tokens[at].Length).Any())
        {
            throw new ModelException($"{name} must have the shape of the tokens: {input.Tokens.Count} x {input.Tokens[0].Length}.");
        }

        var flat = rows.SelectMany(row => row).Select(id => (long)id).ToArray();
        return OrtValue.CreateTensorValueFromMemory(flat, [rows.Count, rows[0].Length]);
    }

    private static void CheckShape(Tensor tensor, string name, IReadOnlyList<string> dimensions)
    {
        var fits = tensor.Shape.Count == dimensions.Count && tensor.Shape.Zip(dimensions).All(pair => !int.TryParse(pair.Second, out var fixedExtent) || fixedExtent == pair.First);
        if (!fits)
        {
            throw new ModelException($"The replacement of '{name}' has shape [{string.Join(", ", tensor.Shape)}]; expected [{string.Join(", ", dimensions)}].");
        }
    }
}
