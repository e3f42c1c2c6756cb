namespace PluginLens.Plugins.States;

/// <summary>What a state of the residual stream is, beside the number of its layer.</summary>
public enum StateKind
{
    /// <summary>The input of layer 0: token and position embedding. It belongs to no layer.</summary>
    Embed,

    /// <summary>A state of the layer that stands beside it.</summary>
    Block,

    /// <summary>What the model predicts in the end. It belongs to no layer.</summary>
    Predicted,
}
