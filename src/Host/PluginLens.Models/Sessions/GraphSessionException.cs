namespace PluginLens.Models.Sessions;

/// <summary>ONNX Runtime does not take a graph, or fails in it. Who made the graph knows what to say of it.</summary>
/// <param name="cause">What ONNX Runtime said.</param>
internal sealed class GraphSessionException(Exception cause) : Exception(cause.Message, cause);
