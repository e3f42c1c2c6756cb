namespace PluginLens.Hub;

/// <summary>A model that lies in the cache whole.</summary>
/// <param name="Repository">Where it comes from.</param>
/// <param name="Commit">The commit that its revision meant, 40 hex digits.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The folder of a checkpoint, the file of anything else.</param>
public sealed record FetchedModel(RepositoryName Repository, string Commit, ModelKind Kind, string Path)
{
    /// <summary>What a model folder that is made of it names as its source.</summary>
    public string Source => $"{Repository}@{Commit}";
}
