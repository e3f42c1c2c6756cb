namespace PluginLens.Tests;

/// <summary>Slips of the fingers are told from other names.</summary>
public sealed class SuggestionTests
{
    private static readonly string[] Known = ["run", "rerun", "list", "describe", "ov-pairs", "qk-pairs", "blocks.0.hook_resid_post", "--layer"];

    [TestCase("rnu", "'run'")]
    [TestCase("lsit", "'list'")]
    [TestCase("LIST", "'list'")]
    [TestCase("Descrieb", "'describe'")]
    [TestCase("ov-piars", "'ov-pairs'")]
    [TestCase("blocks.0.hook_resid_psot", "'blocks.0.hook_resid_post'")]
    [TestCase("--LAYRE", "'--layer'")]
    [TestCase("pairs", "'ov-pairs' or 'qk-pairs'")]
    public void Of_ASlip_NamesWhatWasMeant(string typed, string meant) => Assert.That(Suggestion.Of(typed, Known), Does.StartWith($"did you mean {meant}"));

    [TestCase("nothing-like-it")]
    [TestCase("")]
    public void Of_AnotherName_SaysNothing(string typed) => Assert.That(Suggestion.Of(typed, Known), Is.Null);
}
