namespace PluginLens;

/// <summary>How the weights of a folder compare with the hash that its metadata record.</summary>
public enum WeightsState
{
    /// <summary>They are those that were written.</summary>
    Verified,

    /// <summary>The metadata record no hash; nobody can tell.</summary>
    NotRecorded,

    /// <summary>They are others than were written, and were asked for all the same.</summary>
    NotVerified,
}
