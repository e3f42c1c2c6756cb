namespace PluginLens.Plugins.Interventions;

/// <summary>Options of <c>ablate</c>.</summary>
public sealed record AblateOptions
{
    /// <summary>What is taken out.</summary>
    [Help("What is taken out one by one: head, neuron, or attention or mlp of a layer.")]
    public AblationUnit Unit { get; init; }

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads of these layers.</summary>
    [Help("Heads of these layers: all, 3, 0,2-4.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Neurons of these layers.</summary>
    [Help("With --unit neuron: neurons of these layers: all, 3, 0,2-4.")]
    public Selection Neuron { get; init; } = Selection.All;

    /// <summary>Heads by name.</summary>
    [Help("These heads and no others, as layer.head: 18.6,17.3.")]
    public IReadOnlyList<LayerIndex> Heads { get; init; } = [];

    /// <summary>Neurons by name.</summary>
    [Help("These neurons and no others, as layer.neuron: 29.1455.")]
    public IReadOnlyList<LayerIndex> Neurons { get; init; } = [];

    /// <summary>Any hooks.</summary>
    [Help("These hooks whole, whatever they hold: blocks.3.attn.hook_pattern; 'inspect MODEL' lists them.")]
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>All at once.</summary>
    [Help("Take all of them out at once.")]
    public bool Together { get; init; }

    /// <summary>Random sets.</summary>
    [AtLeast(0)]
    [Help("For comparison: how many times as many heads (or neurons) are drawn at random from --layer and --head (or --neuron) without those named; --seed draws others.")]
    public int Draws { get; init; }

    /// <summary>What stands there instead.</summary>
    [Help("What stands there instead: zero, mean (over prompts and positions), position-mean (over prompts), resample (another prompt's value).")]
    public AblationValue With { get; init; }

    /// <summary>Where it is taken out.</summary>
    [Help("Positions at which it is taken out: all, 3, 0,2-4.")]
    public Selection At { get; init; } = Selection.All;

    /// <summary>Where predictions are read.</summary>
    [Help("Positions whose predictions are read: all, 3, 0,2-4; -1, the last, where nothing is said; of encoders the masked ones, of --sequences those of the second half that can be copied.")]
    public Selection? Position { get; init; }

    /// <summary>The token.</summary>
    [Help("The token whose logit is read; without it the one that the unchanged model predicts.")]
    public string? Token { get; init; }

    /// <summary>The token subtracted.</summary>
    [Help("A second token: the difference of the two logits is read.")]
    public string? Against { get; init; }

    /// <summary>Labels as answers.</summary>
    [Help("Each prompt's label is its --token.")]
    public bool Labels { get; init; }

    /// <summary>How many are named.</summary>
    [AtLeast(1)]
    [Help("Length of the list of strongest effects.")]
    public int K { get; init; } = 5;

    /// <summary>By what.</summary>
    [Help("What that list is ordered by: logit or loss (change, either way), kl.")]
    public AblationMeasure By { get; init; }

    /// <summary>Random sequences.</summary>
    [AtLeast(0)]
    [Help("In place of prompts: how many sequences of random tokens that are repeated.")]
    public int Sequences { get; init; }

    /// <summary>Length of what is repeated.</summary>
    [AtLeast(2)]
    [Help("Random tokens before they are repeated; fewer where the model reads fewer.")]
    public int Length { get; init; } = 40;

    /// <summary>Without the token that begins.</summary>
    [Help("Random tokens without the token that begins in front.")]
    public bool Bare { get; init; }
}

/// <summary>What is taken out one by one.</summary>
public enum AblationUnit
{
    /// <summary>Each head.</summary>
    Head,

    /// <summary>Each neuron.</summary>
    Neuron,

    /// <summary>Attention of each layer.</summary>
    Attention,

    /// <summary>MLP of each layer.</summary>
    Mlp,
}

/// <summary>What stands in place of what is taken out.</summary>
public enum AblationValue
{
    /// <summary>Nothing.</summary>
    Zero,

    /// <summary>The mean over prompts and positions.</summary>
    Mean,

    /// <summary>The mean over prompts at the same position.</summary>
    PositionMean,

    /// <summary>What another prompt has at the same position.</summary>
    Resample,
}

/// <summary>By what parts are ranked.</summary>
public enum AblationMeasure
{
    /// <summary>Change of the logit, either way.</summary>
    Logit,

    /// <summary>Change of the loss, either way.</summary>
    Loss,

    /// <summary>KL divergence.</summary>
    Kl,
}
