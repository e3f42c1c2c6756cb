namespace PluginLens.Hub.Tests;

/// <summary>The variables mean what they mean to the usual client.</summary>
public sealed class HubSettingsTests
{
    private static HubSettings Read(params (string Name, string Value)[] variables)
    {
        var all = variables.Prepend(("HOME", "/nowhere/me")).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        return HubSettings.FromEnvironment(name => all.GetValueOrDefault(name));
    }

    [Test]
    public void Cache_IsFoundInTheUsualOrder()
    {
        Assert.That(Read().Cache, Is.EqualTo(Path.GetFullPath("/nowhere/me/.cache/huggingface/hub")));
        Assert.That(Read(("XDG_CACHE_HOME", "/x")).Cache, Is.EqualTo(Path.GetFullPath("/x/huggingface/hub")));
        Assert.That(Read(("XDG_CACHE_HOME", "/x"), ("HF_HOME", "~/h")).Cache, Is.EqualTo(Path.GetFullPath("/nowhere/me/h/hub")));
        Assert.That(Read(("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")).Cache, Is.EqualTo(Path.GetFullPath("/c")));
    }

    [TestCase("https://huggingface.co", null)]
    [TestCase("https://mirror.example", "https://mirror.example/")]
    [TestCase("http://mirror.example/hub", "http://mirror.example/hub/")]
    public void Endpoint_IsTheHubOrAMirror(string expected, string? value) =>
        Assert.That(Read([.. value is null ? Array.Empty<(string, string)>() : [("HF_ENDPOINT", value)]]).Site, Is.EqualTo(expected));

    [TestCase("mirror.example")]
    [TestCase("file:///etc")]
    [TestCase("https://me:secret@mirror.example")]
    [TestCase("https://mirror.example/?x=1")]
    public void Endpoint_ThatIsNone_IsRefusedWithoutBeingShown(string value) =>
        Assert.That(() => Read(("HF_ENDPOINT", value)), Throws.TypeOf<UsageException>().With.Message.Contains("HF_ENDPOINT").And.Message.Not.Contains("secret"));

    [Test]
    public void Addresses_KeepThePathOfAMirror_AndEscapeWhatTheyMust()
    {
        var (asked, endpoint) = (Asked.Of(new RepositoryName("org", "model"), "refs/pr/1"), Read(("HF_ENDPOINT", "http://mirror.example/hub/")).Endpoint);

        Assert.That(asked.ListingAddress(endpoint).AbsoluteUri, Is.EqualTo("http://mirror.example/hub/api/models/org/model/revision/refs%2Fpr%2F1?blobs=true"));
        Assert.That(asked.FileAddress(endpoint, "abc", "a b/c#d%.gguf").AbsoluteUri, Is.EqualTo("http://mirror.example/hub/org/model/resolve/abc/a%20b/c%23d%25.gguf"));
    }

    [Test]
    public void Token_ComesFromTheVariableOrTheFile()
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-token-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "token"), "hf_file\n");
            File.WriteAllText(Path.Combine(folder.FullName, "other"), "hf_other\n");
            var home = ("HF_HOME", folder.FullName);

            Assert.That(Read().Token, Is.Null);
            Assert.That(Read(home).Token, Is.EqualTo("hf_file"));
            Assert.That(Read(home, ("HF_TOKEN_PATH", Path.Combine(folder.FullName, "other"))).Token, Is.EqualTo("hf_other"));
            Assert.That(Read(home, ("HF_TOKEN", " hf_set ")).Token, Is.EqualTo("hf_set"));
            Assert.That(Read(home, ("HF_TOKEN", "hf_set"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token, Is.Null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Token_WithALineEnd_IsRefusedWithoutBeingShown() =>
        Assert.That(() => Read(("HF_TOKEN", "hf_secret\nX-Header: 1")), Throws.TypeOf<UsageException>().With.Message.Contains("HF_TOKEN").And.Message.Not.Contains("secret"));

    [TestCase("HF_HUB_OFFLINE", "1", true)]
    [TestCase("HF_HUB_OFFLINE", "yes", true)]
    [TestCase("HF_HUB_OFFLINE", "0", false)]
    [TestCase("TRANSFORMERS_OFFLINE", "True", true)]
    public void Offline_IsSaidByTwoVariables(string name, string value, bool isOffline) => Assert.That(Read((name, value)).OfflineBy, Is.EqualTo(isOffline ? name : null));

    [Test]
    public void TimeoutsAndLinks()
    {
        var settings = Read(("HF_HUB_ETAG_TIMEOUT", "3"), ("HF_HUB_DOWNLOAD_TIMEOUT", "60"), ("HF_HUB_DISABLE_SYMLINKS", "1"));

        Assert.That((settings.AnswerTimeout, settings.DownloadTimeout, settings.MakesLinks), Is.EqualTo((TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), false)));
        Assert.That((Read().AnswerTimeout, Read().DownloadTimeout, Read().MakesLinks), Is.EqualTo((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), true)));
        Assert.That(() => Read(("HF_HUB_DOWNLOAD_TIMEOUT", "soon")), Throws.TypeOf<UsageException>().With.Message.Contains("HF_HUB_DOWNLOAD_TIMEOUT is 'soon'"));
    }
}
