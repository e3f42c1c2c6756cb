namespace PluginLens.Models.Format.Canonical;

/// <summary>One node of the canonical graph; it is named after its first output.</summary>
/// <param name="Op">Operator of the standard domain.</param>
/// <param name="Inputs">Names of tensors, weights and constants.</param>
/// <param name="Outputs">Names of the results.</param>
/// <param name="Attributes">Attribute name to <see cref="long"/>, <see cref="double"/>, <see cref="string"/> or <c>long[]</c>.</param>
public sealed record TemplateNode(
    string Op, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, object> Attributes);
