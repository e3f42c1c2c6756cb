namespace PluginLens.Models.Format;

/// <summary>Where the two models of a stitched one are joined.</summary>
/// <param name="Donor">Name of the donor.</param>
/// <param name="Receiver">Name of the receiver.</param>
/// <param name="Blocks">Blocks of the donor before the seam.</param>
/// <param name="LnF">Whether the donor's final norm stands before the map.</param>
internal sealed record StitchedFacts(string Donor, string Receiver, int Blocks, bool LnF);
