namespace PluginLens.Models.Verification;

/// <summary>Checks a model against itself: its files, its slices, what its metadata claim, and the sums that make a transformer. See docs/verify.md.</summary>
public static class ModelVerification
{
    /// <summary>Runs every check that the architecture allows.</summary>
    /// <param name="model">An open model.</param>
    public static VerificationReport Run(OnnxModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var checks = new List<ModelCheck>();
        double? batch = null, product = null;
        Add("files", () => FileChecks.Run(model));
        Add("processing", () => ProcessingChecks.Run(model));
        Add("tied", () => TiedCheck.Run(model));
        Add("forward pass", () =>
        {
            var sample = ForwardSample.Of(model);
            (batch, product) = (NoiseFloor.OfBatch(model, sample), NoiseFloor.OfProduct(model, sample));
            return [.. SliceChecks.Run(model, sample), .. PatternChecks.Run(model, sample), .. SeamCheck.Run(model, sample), .. DecompositionChecks.Run(model, sample), .. LensCheck.Run(model, sample)];
        });
        return new VerificationReport(checks, batch, product);

        void Add(string group, Func<IEnumerable<ModelCheck>> run)
        {
            try
            {
                checks.AddRange(run());
            }
            catch (ModelException error)
            {
                checks.Add(ModelCheck.Of(group, false, error.Message));
            }
        }
    }
}
