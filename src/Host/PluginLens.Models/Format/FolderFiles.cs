namespace PluginLens.Models.Format;

/// <summary>What the files of a model folder are called.</summary>
internal static class FolderFiles
{
    /// <summary>Graph and metadata.</summary>
    public const string Graph = "model.onnx";

    /// <summary>The weights.</summary>
    public const string Weights = "model.onnx.data";
}
