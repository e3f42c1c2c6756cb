namespace PluginLens.Models;

/// <summary>What opening a folder asks of its weights.</summary>
public enum WeightsPolicy
{
    /// <summary>They have the hash that the metadata record, or the folder is refused.</summary>
    Require,

    /// <summary>They are hashed; <see cref="Model.WeightsState"/> says how they compare.</summary>
    Report,

    /// <summary>They are not hashed: nothing that is said depends on their numbers, or they are hashed by other means.</summary>
    Ignore,
}
