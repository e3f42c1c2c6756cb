namespace PluginLens.Import;

/// <summary>What an import found and wrote.</summary>
/// <param name="Source">The ONNX or GGUF file.</param>
/// <param name="Folder">The model folder.</param>
/// <param name="Facts">What was found, as label and value.</param>
/// <param name="Notes">What could not be read from the source.</param>
/// <param name="Check">The comparison with the source; null where the source cannot be run.</param>
public sealed record ImportReport(
    string Source, string Folder, IReadOnlyList<KeyValuePair<string, string>> Facts, IReadOnlyList<string> Notes, CheckResult? Check);
