using PluginLens.Tests.Shared;

namespace PluginLens.Import.Tests;

/// <summary>Sources with pipes in the place of files, and imports after others that were killed.</summary>
public sealed class FilePlacesTests
{
    private DirectoryInfo _parent = null!;

    private string Source => Path.Combine(_parent.FullName, "source");

    private string Destination => Path.Combine(_parent.FullName, "models", "model");

    [SetUp]
    public void Make()
    {
        _parent = Directory.CreateTempSubdirectory("pluginlens-import-");
        _parent.CreateSubdirectory("source");
        foreach (var file in new[] { "model.onnx", "model.onnx_data" })
        {
            File.Copy(Path.Combine(ImportedModel.Hard("external-one-file"), file), Path.Combine(Source, file));
        }
    }

    [TearDown]
    public void Remove() => _parent.Delete(recursive: true);

    [TestCase("model.onnx", "")]
    [TestCase("model.onnx", "model.onnx")]
    [TestCase("model.onnx_data", "")]
    [TestCase("config.json", "")]
    [TestCase("tokenizer.json", "")]
    [TestCase("model.gguf", "model.gguf")]
    [Platform("Linux,MacOsX")]
    public void Import_PipeInAFilesPlace_IsRefusedAtOnce(string file, string given)
    {
        NamedPipe.Make(Path.Combine(Source, file));

        Assert.That(() => NamedPipe.Within(() => Importer.Import(Path.Combine(Source, given), Destination)), Throws.Exception.With.Message.Contain($"{file}' is a named pipe; expected a regular file").And.Message.Not.Contain("\n"));
        Assert.That(Directory.Exists(Destination), Is.False);
    }

    [Test]
    public void Import_AfterOneThatWasKilled_RemovesWhatItLeftAndSaysSo()
    {
        Importer.Import(Source, Destination);
        var left = Directory.CreateDirectory(Path.Combine(_parent.FullName, "models", ".model.abc"));
        File.WriteAllText(left.FullName + ".lock", "PluginLens writes a folder here for model\n");
        File.WriteAllText(Path.Combine(left.FullName, "model.onnx.data"), "half of it");

        Assert.That(Importer.Import(Source, Destination, force: true).Notes, Has.One.EqualTo("removed '.model.abc', which an import or export that was killed had left"));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Destination)!), Is.EqualTo([Destination]));
    }

    [Test]
    public void Import_WhereAKilledOneHadTakenTheOldFolderAway_BringsItBackAndRefusesToReplaceItUnasked()
    {
        Importer.Import(Source, Destination);
        var left = Path.Combine(_parent.FullName, "models", ".model.abc");
        Directory.Move(Destination, left + ".old");
        Directory.CreateDirectory(left);
        File.WriteAllText(left + ".lock", "PluginLens writes a folder here for model\n");

        Assert.That(() => Importer.Import(Source, Destination), Throws.TypeOf<ModelException>().With.Message.Contain("exists"));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Destination)!), Is.EqualTo([Destination]));
        Assert.That(File.Exists(Path.Combine(Destination, "model.onnx")), Is.True);
    }
}
