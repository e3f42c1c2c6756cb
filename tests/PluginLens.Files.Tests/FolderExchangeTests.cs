namespace PluginLens.Files.Tests;

public sealed class FolderExchangeTests
{
    private string _parent = "";

    private string Staged => Path.Combine(_parent, "staged");

    private string Destination => Path.Combine(_parent, "model");

    [SetUp]
    public void Make() => _parent = Directory.CreateTempSubdirectory("pluginlens-exchange-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_parent, recursive: true);

    [Test]
    public void Replace_WhereNothingStands_Moves()
    {
        Write(Staged, "new");
        FolderExchange.Replace(Staged, Destination);
        Assert.That((Read(Destination), Directory.Exists(Staged)), Is.EqualTo(("new", false)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Replace_WhereAFolderStands_LeavesItUnderTheOtherName(bool systemCan)
    {
        Write(Staged, "new");
        Write(Destination, "old");
        FolderExchange.Replace(Staged, Destination + Path.DirectorySeparatorChar, systemCan ? OneStep.Exchange : (_, _) => false);
        Assert.That((Read(Destination), Read(Staged), Directory.GetFileSystemEntries(_parent).Length), Is.EqualTo(("new", "old", 2)));
    }

    [Test]
    public void Exchange_OnThisSystem_IsOneStep()
    {
        Write(Staged, "new");
        Write(Destination, "old");
        Assume.That(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS());
        Assert.That((OneStep.Exchange(Staged, Destination), Read(Destination), Read(Staged)), Is.EqualTo((true, "new", "old")));
        Assert.That(() => OneStep.Exchange(Staged, Destination + "x"), Throws.InstanceOf<IOException>().With.Message.Contains("modelx"));
    }

    [Test]
    public void Replace_OfALink_LeavesWhatItPointsTo()
    {
        Write(Staged, "new");
        Write(Path.Combine(_parent, "elsewhere"), "kept");
        Directory.CreateSymbolicLink(Destination, Path.Combine(_parent, "elsewhere"));
        FolderExchange.Replace(Staged, Destination);
        Assert.That((Read(Destination), Read(Path.Combine(_parent, "elsewhere")), new DirectoryInfo(Staged).LinkTarget is not null), Is.EqualTo(("new", "kept", true)));
    }

    [Test]
    public void Replace_ThatFailsHalfWay_PutsTheOldOneBack()
    {
        Write(Destination, "old");
        Assert.That(() => FolderExchange.Replace(Staged, Destination, (_, _) => false), Throws.InstanceOf<IOException>());
        Assert.That((Read(Destination), Directory.GetFileSystemEntries(_parent).Length), Is.EqualTo(("old", 1)));
    }

    [Test]
    public void Recover_AfterTheFirstRename_BringsTheOldOneBack()
    {
        Write(Staged, "new");
        Write(Staged + ".old", "old");
        FolderExchange.Recover(Staged, Destination);
        Assert.That((Read(Destination), Read(Staged), Directory.GetFileSystemEntries(_parent).Length), Is.EqualTo(("old", "new", 2)));
    }

    [Test]
    public void Recover_AfterTheSecondRename_KeepsTheNewOne()
    {
        Write(Destination, "new");
        Write(Staged + ".old", "old");
        FolderExchange.Recover(Staged, Destination);
        Assert.That((Read(Destination), Read(Staged), Directory.GetFileSystemEntries(_parent).Length), Is.EqualTo(("new", "old", 2)));
    }

    private static void Write(string folder, string text) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, "text"), text);

    private static string Read(string folder) => File.ReadAllText(Path.Combine(folder, "text"));
}
