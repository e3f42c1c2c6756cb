using System.Diagnostics;
using PluginLens.Models.Format.Files;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>Files of a model folder that are not what they say: pipes in their place, links, files that change while they are read.</summary>
public sealed class FilePlacesTests
{
    private static readonly OpenOptions Options = new() { Device = Device.Cpu };
    private TemporaryFolder _copy = null!;

    [SetUp]
    public void Copy() => _copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));

    [TearDown]
    public void Remove() => _copy.Dispose();

    [Test, Platform("Linux,MacOsX")]
    public void Open_PipeInAFilesPlace_IsRefusedAtOnce([Values("model.onnx", "model.onnx.data", "tokenizer.json")] string file)
    {
        NamedPipe.Make(_copy.Of(file));

        Assert.That(() => NamedPipe.Within(() => ModelFolder.Open(_copy.Path, Options)), Throws.TypeOf<ModelException>().With.Message.Contain($"{file}' is a named pipe").And.Message.Not.Contain("\n"));
    }

    [Test]
    public void Open_DataBehindALinkInTheFolder_IsRead()
    {
        File.Move(_copy.Of("model.onnx.data"), _copy.Of("weights.bin"));
        File.CreateSymbolicLink(_copy.Of("model.onnx.data"), "weights.bin");

        using var model = ModelFolder.Open(_copy.Path, Options);

        Assert.That(model.WeightsState, Is.EqualTo(WeightsState.Verified));
    }

    [Test]
    public void Open_SnapshotOfACache_IsRead()
    {
        var root = Directory.CreateTempSubdirectory("pluginlens-hub-").FullName;
        try
        {
            var snapshot = Directory.CreateDirectory(Path.Combine(root, "snapshots", new string('a', 40))).FullName;
            var blobs = Directory.CreateDirectory(Path.Combine(root, "blobs")).FullName;
            foreach (var file in Directory.GetFiles(_copy.Path))
            {
                var content = FileHash.Of(file);
                File.Copy(file, Path.Combine(blobs, content));
                File.CreateSymbolicLink(Path.Combine(snapshot, Path.GetFileName(file)), $"../../blobs/{content}");
            }

            using var model = ModelFolder.Open(snapshot, Options);

            Assert.That((model.WeightsState, model.Tokenizer!.Encode("the king").Length > 0), Is.EqualTo((WeightsState.Verified, true)));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Test]
    public void Open_DataThroughAFolderThatIsALink_IsRefused_WhereverTheLinkStands([Values("inside/model.onnx.data", "inside/../inside/model.onnx.data")] string way)
    {
        using var outside = new TemporaryFolder(_copy.Path);
        Directory.CreateSymbolicLink(_copy.Of("inside"), outside.Path);
        File.Delete(_copy.Of("model.onnx.data"));
        File.CreateSymbolicLink(_copy.Of("model.onnx.data"), way);

        Assert.That(() => ModelFolder.Open(_copy.Path, Options), Throws.TypeOf<ModelException>().With.Message.Contain("outside the model's folder"));
    }

    [Test]
    public void Open_LinksInACircle_AreRefused()
    {
        File.Delete(_copy.Of("model.onnx.data"));
        File.CreateSymbolicLink(_copy.Of("model.onnx.data"), "other");
        File.CreateSymbolicLink(_copy.Of("other"), "model.onnx.data");

        Assert.That(() => ModelFolder.Open(_copy.Path, Options), Throws.TypeOf<ModelException>().With.Message.Contain("links"));
    }

    [Test, Platform("Linux")]
    public void DataCutWhileOpen_IsKept()
    {
        using var whole = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Options);
        using var model = ModelFolder.Open(_copy.Path, Options);
        using (var cut = Process.Start("sh", ["-c", ": > \"$0\"", _copy.Of("model.onnx.data")]))
        {
            Assert.That(cut.WaitForExit(TimeSpan.FromSeconds(40)), "who writes waits for a moment only");
        }

        Assert.That(new FileInfo(_copy.Of("model.onnx.data")).Length, Is.Zero);
        foreach (var weight in model.WeightNames)
        {
            Assert.That(model.Weight(weight).Span.SequenceEqual(whole.Weight(weight).Span), weight);
        }

        var input = new ModelInput(1, 2, 3);
        Assert.That(model.Run(input, ["logits"])["logits"].Span.SequenceEqual(whole.Run(input, ["logits"])["logits"].Span));
        Assert.That(model.Changed, Is.Null, "what was computed is right");
    }

    /// <summary>A map that stays, because a span of it went out, must not make who writes wait for the end of the system's patience.</summary>
    [Test]
    public void DataOfADisposedModel_CanBeWrittenAtOnce()
    {
        using (var model = ModelFolder.Open(_copy.Path, Options))
        {
            Assert.That(model.Weight("unembed.W_U").Span.Length, Is.Positive);
        }

        var written = Task.Run(() => File.WriteAllText(_copy.Of("model.onnx.data"), "another"));

        Assert.That(written.Wait(TimeSpan.FromSeconds(10)));
    }

    /// <summary>Where the system tells nobody that a file is about to change: another had it open for writing before.</summary>
    [Test, Platform("Linux,MacOsX")]
    public void DataCutByWhoHadItOpenBefore_IsAnErrorOfTheNextReadAndOfTheNextPass()
    {
        using var writer = new FileStream(_copy.Of("model.onnx.data"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var model = ModelFolder.Open(_copy.Path, Options);
        Assert.That(model.Changed, Is.Null);
        writer.SetLength(4096);

        Assert.That(() => model.Weight("blocks.1.mlp.W_out"), Throws.TypeOf<ModelException>().With.Message.Contain("cut while it was read"));
        Assert.That(() => model.Run(new ModelInput(1, 2, 3), ["blocks.0.hook_resid_pre"]), Throws.TypeOf<ModelException>().With.Message.Contain("cut while it was read"));
        Assert.That(model.Changed, Does.Contain("model.onnx.data' was changed while it was read"));
    }

    [Test, Platform("Linux,MacOsX")]
    public void DataOverwrittenByWhoHadItOpenBefore_IsNoticed_AFileInItsPlaceIsNot()
    {
        using var writer = new FileStream(_copy.Of("model.onnx.data"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var model = ModelFolder.Open(_copy.Path, Options);
        File.Move(_copy.Of("model.onnx.data"), _copy.Of("moved"));
        File.WriteAllText(_copy.Of("model.onnx.data"), "another");
        Assert.That(model.Changed, Is.Null, "what is mapped is as it was");

        writer.Write("overwritten"u8);
        writer.Flush();
        Assert.That(model.Changed, Does.Contain("was changed while it was read"));
    }
}
