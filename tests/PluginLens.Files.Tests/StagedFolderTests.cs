namespace PluginLens.Files.Tests;

/// <summary>What a killed process leaves is put right by the next, and nothing else is touched. A kill is told by what it leaves: the files, and a lock that nobody holds.</summary>
public sealed class StagedFolderTests
{
    private string _parent = "";

    private string Destination => Path.Combine(_parent, "model");

    [SetUp]
    public void Make() => _parent = Directory.CreateTempSubdirectory("pluginlens-staged-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_parent, recursive: true);

    [Test]
    public void Place_LeavesTheFolderAlone([Values] bool replaces)
    {
        if (replaces)
        {
            Write(Destination, "old");
        }

        using (var staged = new StagedFolder(Destination))
        {
            Write(staged.Folder, "new");
            staged.Place();
        }

        Assert.That((Read(Destination), Names()), Is.EqualTo(("new", "model")));
    }

    [Test]
    public void Dispose_WithoutPlace_LeavesTheOldOneAlone()
    {
        Write(Destination, "old");
        using (var staged = new StagedFolder(Destination))
        {
            Write(staged.Folder, "new");
        }

        Assert.That((Read(Destination), Names()), Is.EqualTo(("old", "model")));
    }

    [TestCase("model.onnx", null, "old", TestName = "killed while it wrote")]
    [TestCase("text", null, "old", TestName = "killed before the exchange, or after it while it removed")]
    [TestCase("text", "old", "old", TestName = "killed between two renames")]
    [TestCase(null, "old", "new", TestName = "killed after two renames")]
    [TestCase(null, null, "new", TestName = "killed before it removed the lock")]
    public void Next_AfterAKill_PutsThingsRight(string? staged, string? aside, string stands)
    {
        if (aside is null || staged is null)
        {
            Write(Destination, stands);
        }

        if (staged is not null)
        {
            Write(Path.Combine(_parent, ".model.abc"), "new", staged);
        }

        if (aside is not null)
        {
            Write(Path.Combine(_parent, ".model.abc.old"), aside);
        }

        Lock(".model.abc.lock", "model");
        using (var next = new StagedFolder(Path.Combine(_parent, "other")))
        {
            Assert.That(next.Removed, Is.EqualTo(staged is null && aside is null ? Array.Empty<string>() : [".model.abc"]));
        }

        Assert.That((Read(Destination), Names()), Is.EqualTo((stands, "model")));
    }

    [Test]
    public void Next_LeavesWhatIsNotOurs()
    {
        Write(Path.Combine(_parent, ".model.abc"), "mine");
        File.WriteAllText(Path.Combine(_parent, ".model.abc.lock"), "mine");
        Write(Path.Combine(_parent, ".model.def"), "of no lock");
        Write(Path.Combine(_parent, "kept"), "mine");
        Lock(".model.ghi.lock", "../kept");
        Lock(".kept.lock", "model");
        using (var running = new StagedFolder(Destination))
        {
            Write(running.Folder, "written");
            using var next = new StagedFolder(Destination);
            Assert.That((next.Removed.Count, Read(running.Folder)), Is.EqualTo((0, "written")), "its process lives");
        }

        Assert.That(Names(), Is.EqualTo(".kept.lock .model.abc .model.abc.lock .model.def .model.ghi.lock kept"));
    }

    private string Names() => string.Join(' ', Directory.GetFileSystemEntries(_parent).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    private void Lock(string file, string name) => File.WriteAllText(Path.Combine(_parent, file), $"PluginLens writes a folder here for {name}\n");

    private static void Write(string folder, string text, string file = "text") => File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, file), text);

    private static string Read(string folder) => File.ReadAllText(Path.Combine(folder, "text"));
}
