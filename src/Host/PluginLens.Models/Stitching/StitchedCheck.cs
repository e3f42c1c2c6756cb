using PluginLens.Models.Format;
using PluginLens.Models.Verification;

namespace PluginLens.Models.Stitching;

/// <summary>A folder that was just written computes what the two models compute, or it is not kept.</summary>
internal static class StitchedCheck
{
    private const double Tolerance = 2e-5;
    private const int Longest = 8;

    /// <summary>Opens the folder and runs a few tokens through it and through both models.</summary>
    /// <param name="folder">What was written.</param>
    /// <param name="donor">The donor.</param>
    /// <param name="receiver">The receiver.</param>
    /// <param name="seam">Where they are joined.</param>
    public static void Run(string folder, OnnxModel donor, OnnxModel receiver, Seam seam)
    {
        using var written = ModelFolder.Open(folder, receiver.OpenedWith with { Weights = WeightsPolicy.Ignore });
        var ids = Math.Min(receiver.Tokenizer?.Count ?? receiver.Config.DVocab, donor.EmbeddingRows);
        var input = new ModelInput(ForwardSample.Ids(0, Math.Min(Longest, written.Config.NCtx), ids));
        var state = Seam.StateOf(donor.Config, seam.Blocks);
        Compare($"donor.{state}", donor.Run(input, [state])[state], written.Run(input, [$"donor.{state}"])[$"donor.{state}"]);

        var first = receiver.Config.NLayers - seam.Last;
        var (entry, output) = ($"blocks.{first}.hook_resid_pre", receiver.Proto.Graph.Output[0].Name);
        var renamed = BlockNames.OfReceiver(output, first);
        const string enters = "blocks.0.hook_resid_pre";
        var found = written.Run(input, ["hook_embed", enters, renamed]);
        if (seam.AddPositions)
        {
            Compare(enters, receiver.Run(input with { Replace = new Dictionary<string, Tensor> { ["hook_embed"] = found["hook_embed"] } }, [enters])[enters], found[enters]);
        }

        var expected = receiver.Run(input with { Replace = new Dictionary<string, Tensor> { [entry] = found[enters] } }, [output])[output];
        Compare(renamed, expected, found[renamed]);
    }

    private static void Compare(string hook, Tensor expected, Tensor found)
    {
        var deviation = Deviation.Of(found.Span, expected.Span);
        if (!(deviation <= Tolerance))
        {
            throw new ModelException($"The stitched model differs from the two models by {deviation:g2} at '{hook}'; expected at most {Tolerance:g2}. It is not kept; run 'pluginlens verify' on both models.");
        }
    }
}
