namespace PluginLens.Host.Tests;

public sealed class PluginCatalogTests
{
    [Test]
    public void Discover_ReadsManifests_InOrderOfId()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("b", TemporaryFolder.Manifest("second"));
        folder.Plugin("a", TemporaryFolder.Manifest("first"));

        var catalog = PluginCatalog.Discover([folder.Path]);

        Assert.That(catalog.Entries.Select(entry => entry.Id), Is.EqualTo(["first", "second"]));
        Assert.That(catalog.Entries[0].Title, Is.EqualTo("Title of first"));
        Assert.That(catalog.Entries[0].Version, Is.EqualTo("1.2.3"));
        Assert.That(catalog.Faults, Is.Empty);
    }

    [Test]
    public void Discover_LoadsNoAssembly()
    {
        var before = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name).ToHashSet();

        PluginCatalog.Discover([Path.Combine(Places.RepoRoot, "artifacts", "plugins")]);

        var after = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name).ToHashSet();
        Assert.That(after.Except(before), Has.None.Contains("OvPairs").And.None.Contains("TokenNorms"));
    }

    [Test]
    public void Discover_FolderOfOnePlugin_IsFound()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("one", TemporaryFolder.Manifest("one"));

        Assert.That(PluginCatalog.Discover([Path.Combine(folder.Path, "one")]).Find("one").Id, Is.EqualTo("one"));
    }

    [Test]
    public void Discover_SameIdTwice_FirstFolderWinsAndOtherIsReported()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("near/x", TemporaryFolder.Manifest("same"));
        folder.Plugin("far/x", TemporaryFolder.Manifest("same"));
        var (near, far) = (Path.Combine(folder.Path, "near"), Path.Combine(folder.Path, "far"));

        var catalog = PluginCatalog.Discover([near, far]);

        Assert.That(catalog.Find("same").Folder, Is.EqualTo(Path.Combine(near, "x")));
        Assert.That(catalog.Faults.Single().Message, Does.Contain("hidden by").And.Contain(near));
    }

    [Test]
    public void Discover_PluginCopiedInAndDeleted_AppearsAndDisappears()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("x", TemporaryFolder.Manifest("x"));
        Assert.That(PluginCatalog.Discover([folder.Path]).Entries, Has.Count.EqualTo(1));

        Directory.Delete(Path.Combine(folder.Path, "x"), recursive: true);

        Assert.That(PluginCatalog.Discover([folder.Path]).Entries, Is.Empty);
    }

    [TestCase("", "cannot be read")]
    [TestCase("[]", "expected a JSON object")]
    [TestCase("{\"id\":\"x\"", "cannot be read")]
    [TestCase("{}", "has no \"id\"")]
    [TestCase("{\"id\":7,\"title\":\"t\",\"assembly\":\"a.dll\"}", "must be a string")]
    [TestCase("{\"id\":\"Not Kebab\",\"title\":\"t\",\"assembly\":\"a.dll\"}", "not kebab-case")]
    [TestCase("{\"id\":\"x\",\"title\":\"\",\"assembly\":\"a.dll\"}", "\"title\" is empty")]
    [TestCase("{\"id\":\"x\",\"title\":\"t\"}", "has no \"assembly\"")]
    [TestCase("{\"id\":\"x\",\"title\":\"t\",\"assembly\":\"../evil.dll\"}", "plain name")]
    [TestCase("{\"id\":\"x\",\"title\":\"t\",\"assembly\":\"C:evil.dll\"}", "plain name")]
    [TestCase("{\"id\":\"x\",\"title\":\"t\",\"assembly\":\"a.so\"}", "plain name")]
    public void Discover_BrokenManifest_IsReportedAndOthersAreFound(string manifest, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("broken", manifest);
        folder.Plugin("whole", TemporaryFolder.Manifest("whole"));

        var catalog = PluginCatalog.Discover([folder.Path]);

        Assert.That(catalog.Entries.Single().Id, Is.EqualTo("whole"));
        Assert.That(catalog.Faults.Single().Message, Does.Contain(message).And.Not.Contain("\n"));
    }

    [Test]
    public void Discover_DllWithoutManifest_IsReported()
    {
        var catalog = PluginCatalog.Discover([Places.Fixtures]);

        Assert.That(catalog.Faults.Single().Message, Does.Contain("no-manifest").And.Contain("no plugin.json"));
    }

    [Test]
    public void Discover_MissingFolder_IsReported()
    {
        var catalog = PluginCatalog.Discover([Path.Combine(Places.Fixtures, "nothing-here")]);

        Assert.That(catalog.Faults.Single().Message, Does.Contain("does not exist"));
    }

    [Test]
    public void Discover_MutatedManifests_NeverThrow()
    {
        using var folder = new TemporaryFolder();
        var whole = System.Text.Encoding.UTF8.GetBytes(TemporaryFolder.Manifest("mutant"));
        var random = new Random(1);
        var path = folder.Plugin("mutant", string.Empty);
        var broken = 0;
        for (var round = 0; round < 500; round++)
        {
            var bytes = whole[..(round % 3 == 0 ? random.Next(whole.Length) : whole.Length)];
            for (var flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(path, bytes);
            var catalog = PluginCatalog.Discover([folder.Path]);
            Assert.That(catalog.Entries.Count + catalog.Faults.Count, Is.EqualTo(1));
            broken += catalog.Faults.Count;
        }

        Assert.That(broken, Is.GreaterThan(100));
    }

    [Test]
    public void Find_MisspeltId_SuggestsTheNearest()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("a", TemporaryFolder.Manifest("ov-pairs"));
        folder.Plugin("b", TemporaryFolder.Manifest("token-norms"));

        Assert.That(() => PluginCatalog.Discover([folder.Path]).Find("ov-pair"), Throws.TypeOf<PluginException>().With.Message.EqualTo("No analysis 'ov-pair'; did you mean 'ov-pairs'?"));
        Assert.That(() => PluginCatalog.Discover([folder.Path]).Find("zzzzzz"), Throws.TypeOf<PluginException>().With.Message.EqualTo("No analysis 'zzzzzz'; known: ov-pairs, token-norms."));
    }

    [Test]
    public void Find_BrokenPluginByName_SaysWhatIsBroken()
    {
        Assert.That(() => PluginCatalog.Discover([Places.Fixtures]).Find("no-manifest"), Throws.TypeOf<PluginException>().With.Message.Contains("no plugin.json"));
    }
}
