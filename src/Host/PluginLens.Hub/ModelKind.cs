namespace PluginLens.Hub;

/// <summary>What was fetched, and so how it becomes a model folder.</summary>
public enum ModelKind
{
    /// <summary>A folder with config.json, weights and the tokenizer's files; the exporter reads it.</summary>
    Checkpoint,

    /// <summary>A GGUF file, or the first part of a split one.</summary>
    Gguf,

    /// <summary>A plain ONNX file.</summary>
    Onnx,
}
