using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>Chooses how each weight is written.</summary>
internal static class WeightChoice
{
    /// <summary>A weight as it is to be written.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="storage">What the user asked for.</param>
    public static CanonicalWeight Of(GgufWeight weight, WeightStorage storage)
    {
        var plain = new CanonicalWeight(weight.Name, weight.Shape, weight.Read);
        var (type, isMatrix) = (weight.Tensor.Type, weight.Tensor.Shape.Length > 1);
        return (storage, type.Name) switch
        {
            (WeightStorage.Stored, "F16") => plain with { StoredType = "F16", Codes = () => GgufCodes.Halves(weight, ElementType.Float16) },
            (WeightStorage.Stored, "BF16") => plain with { StoredType = "BF16", Codes = () => GgufCodes.Halves(weight, ElementType.BFloat16) },
            (WeightStorage.Stored, _) when type.Codes is { } form && isMatrix => plain with { StoredType = type.Name, Codes = () => GgufCodes.Of(weight, form) },
            (WeightStorage.Float16, _) when isMatrix => plain with { StoredType = "F16", Codes = () => GgufCodes.Halves(weight, ElementType.Float16) },
            (WeightStorage.BFloat16, _) when isMatrix => plain with { StoredType = "BF16", Codes = () => GgufCodes.Halves(weight, ElementType.BFloat16) },
            _ => plain,
        };
    }

    /// <summary>What the user should know: types that are widened though the weights were to stay as they are.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="storage">What the user asked for.</param>
    public static IEnumerable<string> Notes(IEnumerable<GgufWeight> weights, WeightStorage storage)
    {
        var wide = weights.Select(weight => weight.Tensor.Type).Where(type => type.Codes is null && type.Name is not ("F32" or "F16" or "BF16")).Select(type => type.Name).Distinct().ToArray();
        return storage == WeightStorage.Stored && wide.Length > 0 ? [$"weights of the types {string.Join(", ", wide)} are written in float32: they are not codes with a scale"] : [];
    }
}
