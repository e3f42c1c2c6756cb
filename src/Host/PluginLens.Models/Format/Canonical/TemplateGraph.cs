namespace PluginLens.Models.Format.Canonical;

/// <summary>What the template says for one model.</summary>
/// <param name="Nodes">Nodes in order of execution.</param>
/// <param name="Constants">Inline initializers in order of first use.</param>
/// <param name="Inputs">Graph inputs (int64) with their dims: <c>batch</c>, <c>pos</c> or numbers.</param>
/// <param name="Hooks">Hooks with their dims: <c>batch</c>, <c>pos</c>, <c>key_pos</c> or numbers.</param>
/// <param name="IntegerHooks">Those of the hooks that are int64; all others are float32.</param>
/// <param name="Output">The graph's output, one of the hooks.</param>
public sealed record TemplateGraph(
    IReadOnlyList<TemplateNode> Nodes,
    IReadOnlyList<TemplateConstant> Constants,
    IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Inputs,
    IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Hooks,
    IReadOnlySet<string> IntegerHooks,
    string Output);
