namespace PluginLens.Models.Verification.Published;

/// <summary>Numbers that a document prints of one model, and the way to them from weights and forward passes.</summary>
internal abstract class PublishedCheck
{
    /// <summary>Computes them and compares.</summary>
    /// <param name="model">The model that they are of, raw.</param>
    /// <param name="compute">Products over the vocabulary.</param>
    public abstract IEnumerable<ModelCheck> Run(Model model, Compute compute);
}
