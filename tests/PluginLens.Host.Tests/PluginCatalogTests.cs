namespace PluginLens.Host.Tests;

public sealed class PluginCatalogTests
{
    private static readonly HashSet<string> Reserved = ["model", "seed"];
    private static readonly PluginCatalog Fixtures = PluginCatalog.Discover([Places.Fixtures], Reserved);
    private static readonly PluginCatalog WithoutOptions = PluginCatalog.Discover([Places.Fixtures], Reserved, looksAtOptions: false);

    private static string Fault(string id) => Fixtures.Faults.Single(fault => fault.Ids.Contains(id)).Message;

    [Test]
    public void Discover_ReadsAttributes_InOrderOfId()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("Two", "third", "first");
        folder.Plugin("One", "second");

        var catalog = PluginCatalog.Discover([folder.Path]);

        Assert.That(catalog.Entries.Select(entry => entry.Id), Is.EqualTo(["first", "second", "third"]));
        var first = catalog.Entries[0];
        Assert.That((first.Title, first.Answers, first.Source, first.Version), Is.EqualTo(("Title of first", "What first answers.", "A paper", "1.2.3")));
        Assert.That((first.PluginName, first.TypeName, first.ContractVersion.ToString(2)), Is.EqualTo(("Two", "Two.Made1", "1.0")));
        Assert.That(first.AssemblyPath, Is.EqualTo(Path.Combine(folder.Path, "Two", "Two.dll")));
        Assert.That(catalog.Faults, Is.Empty);
    }

    [Test]
    public void Discover_CompiledPlugin_HasTheVersionOfItsProject() => Assert.That(Fixtures.Find("first-analysis").Version, Is.EqualTo("0.1.0"));

    [Test]
    public void Discover_LoadsNoAssembly()
    {
        var before = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name).ToHashSet();

        Assert.That(PluginCatalog.Discover([Path.Combine(Places.RepoRoot, "artifacts", "plugins")]).Entries, Is.Not.Empty);

        var after = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name).ToHashSet();
        Assert.That(after.Except(before), Has.None.Contains("Circuits").And.None.Contains("TokenNorms"));
    }

    [Test]
    public void Discover_FolderOfOnePlugin_IsFound_AndIsNoClashWithTheFolderAboveIt()
    {
        using var folder = new TemporaryFolder();
        var one = Path.GetDirectoryName(folder.Plugin("One", "one"))!;
        Directory.CreateDirectory(Path.Combine(one, "de"));
        File.WriteAllText(Path.Combine(one, "de", "One.resources.dll"), string.Empty);

        var catalog = PluginCatalog.Discover([one + Path.DirectorySeparatorChar, folder.Path, one]);

        Assert.That(catalog.Find("one").Folder, Is.EqualTo(one));
        Assert.That(catalog.Faults, Is.Empty);
    }

    [Test]
    public void Find_IdOfTwoPlugins_NamesBothFolders_AndOthersStayUsable()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("near/X", "same", "also-same", "near-only");
        folder.Plugin("far/X", "same", "also-same");
        var (near, far) = (Path.Combine(folder.Path, "near", "X"), Path.Combine(folder.Path, "far", "X"));

        var catalog = PluginCatalog.Discover([Path.GetDirectoryName(near)!, Path.GetDirectoryName(far)!]);

        Assert.That(() => catalog.Find("same"), Throws.TypeOf<PluginException>().With.Message.EqualTo($"Two plugins have the analysis 'same': '{near}' and '{far}'; remove one of the two folders."));
        Assert.That(catalog.Find("near-only").Folder, Is.EqualTo(near));
        Assert.That(catalog.Entries.Select(entry => entry.Id), Is.EqualTo(["near-only"]));
        Assert.That(catalog.Faults.Single().Message, Is.EqualTo($"'{near}' and '{far}' have the same analyses (also-same, same); remove all but one of these folders."));
    }

    [Test]
    public void Discover_PluginCopiedInAndDeleted_AppearsAndDisappears()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("X", "x");
        Assert.That(PluginCatalog.Discover([folder.Path]).Entries, Has.Count.EqualTo(1));

        Directory.Delete(Path.Combine(folder.Path, "X"), recursive: true);

        Assert.That(PluginCatalog.Discover([folder.Path]).Entries, Is.Empty);
    }

    [TestCase("no-interface", "PluginLens.Fixtures.NoInterface, analysis 'no-interface', does not implement IAnalysis (it derives from List`1)")]
    [TestCase("not-public", "PluginLens.Fixtures.NotPublic, analysis 'not-public', is not public")]
    [TestCase("nested", "PluginLens.Fixtures.Hidden+Nested, analysis 'nested', is not public")]
    [TestCase("abstract-class", "is abstract or static")]
    [TestCase("generic-class", "is generic")]
    [TestCase("needs-argument", "has no public constructor without parameters")]
    [TestCase("Not Kebab", "the id 'Not Kebab' of PluginLens.Fixtures.NotKebab is not kebab-case")]
    [TestCase("no-title", "analysis 'no-title' has no title")]
    [TestCase("no-answer", "analysis 'no-answer' does not say what it answers")]
    public void Discover_ClassThatIsNoAnalysis_IsReportedAndItsNeighbourIsFound(string id, string message)
    {
        Assert.That(Fault(id), Does.StartWith("Plugin 'NotAnalyses': ").And.Contain(message).And.Not.Contain("\n"));
        Assert.That(() => Fixtures.Find(id), Throws.TypeOf<PluginException>().With.Message.EqualTo(Fault(id)));
        Assert.That(Fixtures.Find("healthy").PluginName, Is.EqualTo("NotAnalyses"));
    }

    [Test]
    public void Discover_TwoClassesOfOneAssemblyWithOneId_AreBothReported() => Assert.That(
        Fixtures.Faults.Where(fault => fault.Ids.Contains("twin")).Select(fault => fault.Message), Has.Exactly(2).Contains("Twin").And.All.Contains("have one id, 'twin'"));

    [TestCase("takes-model", "its option --model is one of the program's own")]
    [TestCase("low-default", "the default of its option --k is -2, but [AtLeast(1)] refuses that")]
    [TestCase("no-default", "the default of its option --k is 0, but [AtLeast(1)] refuses that")]
    [TestCase("no-parser", "its option --weights (NoParserOptions) has a type that no text becomes")]
    [TestCase("own-type", "its option --inner (OwnTypeOptions) has a type that no text becomes")]
    public void Discover_UnsoundOptions_AreReported(string id, string message)
    {
        Assert.That(Fault(id), Does.StartWith($"Plugin 'BadOptions': analysis '{id}': {message}"));
        Assert.That(() => Fixtures.Find(id), Throws.TypeOf<PluginException>().With.Message.EqualTo(Fault(id)));
        Assert.That(() => PluginLoading.Load(WithoutOptions.Find(id)), Throws.TypeOf<PluginException>().With.Message.EqualTo(Fault(id)), "loading says the same");
        Assert.That(PluginLoading.Load(Fixtures.Find("good-options")).Options, Is.Not.Empty);
    }

    [TestCase("future-contract", "Plugin 'FutureContract' was built against PluginLens.Abstractions 1.99; this host offers 1.0")]
    [TestCase("brings-future-library", "Plugin 'BringsFutureLibrary': its 'FutureLibrary.dll' was built against PluginLens.Abstractions 1.99; this host offers 1.0")]
    public void Discover_NewerContractInAnyAssembly_IsReported(string id, string message) => Assert.That(Fault(id), Does.StartWith(message));

    [TestCase("NoAnalysis", "Plugin 'NoAnalysis': no class of 'NoAnalysis.dll' has [Analysis(id, title)]; put it on those that implement IAnalysis: PluginLens.Fixtures.Undeclared.")]
    public void Discover_PluginWithoutAnalyses_SaysWhatWasFound(string name, string message) =>
        Assert.That(Fixtures.Faults.Single(fault => Path.GetFileName(fault.Folder) == name).Message, Is.EqualTo(message));

    [Test]
    public void Discover_AssemblyWithoutTheContract_SaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.File("Lone/Lone.dll", string.Empty);
        File.Copy(Path.Combine(Places.Fixtures, "PrivateDependencyV1", "PrivateLibrary.dll"), Path.Combine(folder.Path, "Lone", "Lone.dll"), overwrite: true);

        Assert.That(PluginCatalog.Discover([folder.Path]).Faults.Single().Message, Does.Contain("does not refer to PluginLens.Abstractions"));
    }

    [Test]
    public void Discover_FolderOfAnotherName_SaysWhichAssemblyWasExpected()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("Right", "right");
        Directory.Move(Path.Combine(folder.Path, "Right"), Path.Combine(folder.Path, "wrong"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "no-plugin-at-all"));

        Assert.That(PluginCatalog.Discover([folder.Path]).Faults.Single().Message, Does.Contain("expected 'wrong.dll', found Right.dll"));
    }

    [TestCase("")]
    [TestCase("MZ this is no assembly")]
    public void Discover_NotAnAssembly_IsReported_AndNamedWhereAnUnknownIdIsAskedFor(string content)
    {
        using var folder = new TemporaryFolder();
        folder.File("Broken/Broken.dll", content);
        folder.Plugin("Whole", "whole");

        var catalog = PluginCatalog.Discover([folder.Path]);

        Assert.That(catalog.Entries.Single().Id, Is.EqualTo("whole"));
        Assert.That(catalog.Faults.Single().Message, Does.Contain("is not a .NET assembly that can be read").And.Not.Contain("\n"));
        Assert.That(() => catalog.Find("some-analysis"), Throws.TypeOf<PluginException>().With.Message.EqualTo($"No analysis 'some-analysis'; known: whole. {catalog.Faults.Single().Message}"));
    }

    [Test]
    public void Discover_NativeLibraryBesideAPlugin_IsNoFault()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("X", "x");
        folder.File("X/runtimes/native.dll", "MZ native code");

        Assert.That(PluginCatalog.Discover([folder.Path]).Find("x").Id, Is.EqualTo("x"));
    }

    [Test]
    public void Discover_MissingFolder_IsReported()
    {
        var catalog = PluginCatalog.Discover([Path.Combine(Places.Fixtures, "nothing-here")]);

        Assert.That(catalog.Faults.Single().Message, Does.Contain("does not exist"));
    }

    [Test]
    public void Discover_MutatedAssemblies_NeverThrow()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Plugin("Mutant", "mutant");
        var random = new Random(1);
        var broken = 0;
        foreach (var whole in new[] { File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(Places.Fixtures, "BadOptions", "BadOptions.dll")) })
        {
            for (var round = 0; round < 400; round++)
            {
                var bytes = whole[..(round % 3 == 0 ? random.Next(whole.Length) : whole.Length)];
                for (var flips = random.Next(1, 40); flips > 0 && bytes.Length > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                File.WriteAllBytes(path, bytes);
                var catalog = PluginCatalog.Discover([folder.Path]);
                Assert.That(catalog.Entries.Count + catalog.Faults.Count, Is.GreaterThan(0));
                broken += catalog.Entries.Count == 0 ? 1 : 0;
            }
        }

        Assert.That(broken, Is.GreaterThan(100));
    }

    [Test]
    public void Find_MisspeltId_SuggestsTheNearest()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("A", "ov-pairs", "token-norms");

        Assert.That(() => PluginCatalog.Discover([folder.Path]).Find("ov-pair"), Throws.TypeOf<PluginException>().With.Message.EqualTo("No analysis 'ov-pair'; did you mean 'ov-pairs'?"));
        Assert.That(() => PluginCatalog.Discover([folder.Path]).Find("zzzzzz"), Throws.TypeOf<PluginException>().With.Message.EqualTo("No analysis 'zzzzzz'; known: ov-pairs, token-norms."));
    }
}
