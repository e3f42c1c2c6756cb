using Google.Protobuf;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>What is refused, and how it is said; what slices do.</summary>
public sealed class ModelFolderTests
{
    private TemporaryFolder _copy = null!;

    [SetUp]
    public void Copy() => _copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));

    [TearDown]
    public void Remove() => _copy.Dispose();

    [Test]
    public void Tokenizer_WithOneTokenMoreThanRows_ReadsText()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gemma3"));
        File.Copy(Path.Combine(Repository.Root, "tests", "Golden", "bugs", "tok-one-id-too-many", "tokenizer.json"), copy.Of("tokenizer.json"));
        Name(copy, ["tokenizer.json"]);

        using var opened = OpenAt(copy.Path);

        Assert.That((opened.Tokenizer!.Count, opened.Tokenizer.Encode("the king").Length > 0), Is.EqualTo((533, true)));
        Assert.That(() => opened.Tokenizer.Encode("<image_soft_token>"), Throws.TypeOf<ModelException>().With.Message.Contain("<image_soft_token>"));
    }

    [Test]
    public void Tokenizer_OfAClassThatIsNotKnown_ShowsItsStringsAndRefusesText()
    {
        var bug = Path.Combine(Repository.Root, "tests", "Golden", "bugs", "tok-japanese-mecab");
        using var copy = new TemporaryFolder(ExportedFixtures.Get("bert"));
        var files = new[] { "vocab.txt", "tokenizer_config.json" };
        Array.ForEach(files, file => File.Copy(Path.Combine(bug, file), copy.Of(file), overwrite: true));
        Name(copy, files);

        using var opened = OpenAt(copy.Path);

        Assert.That(opened.Tokenizer!.Piece(0), Is.EqualTo("[PAD]"));
        Assert.That(opened.Token(20).Text, Is.EqualTo("[UNK]"));
        Assert.That(opened.Tokenizer.Unreadable, Does.Contain("'BertJapaneseTokenizer'"));
        Assert.That(() => opened.Tokenizer.Encode("a"), Throws.TypeOf<UsageException>().With.Message.Contain("'BertJapaneseTokenizer'"));
        Assert.That(opened.Weight("embed.W_E").Shape[0], Is.EqualTo(opened.Config.DVocab));
    }

    [Test]
    public void Open_TokenizerFileMissingOrDamaged_LeavesWeightsAndIds()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        File.WriteAllText(copy.Of("tokenizer.json"), "{");
        using (var damaged = OpenAt(copy.Path))
        {
            Assert.That(() => damaged.Tokenizer!.Encode("a"), Throws.TypeOf<UsageException>().With.Message.Contain("tokenizer.json"));
        }

        File.Delete(copy.Of("tokenizer.json"));
        using var missing = OpenAt(copy.Path);

        Assert.That(() => missing.Tokenizer!.Encode("a"), Throws.TypeOf<UsageException>().With.Message.Contain("lacks the tokenizer file 'tokenizer.json'"));
        Assert.That(missing.Token(7).Text, Is.EqualTo("[7]"));
        Assert.That(missing.Run(new ModelInput([1, 2]), ["logits"])["logits"].Data.Length, Is.EqualTo(2 * missing.Config.DVocab));
    }

    [Test]
    public void Open_NoSuchFolder_SaysSo() => Refuses("no model.onnx", () => Directory.EnumerateFiles(_copy.Path).ToList().ForEach(File.Delete));

    [Test]
    public void Open_EmptyFile_SaysSo() => Refuses("is empty", () => File.WriteAllBytes(_copy.Of("model.onnx"), []));

    [Test]
    public void Open_LfsPointer_SaysSo() => Refuses("Git LFS pointer", () => File.WriteAllText(_copy.Of("model.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"));

    [Test]
    public void Open_MissingData_NamesTheFile() => Refuses("model.onnx.data", () => File.Delete(_copy.Of("model.onnx.data")));

    [Test]
    public void Open_TruncatedData_SaysWhere() => Refuses("is truncated", () =>
    {
        using var file = File.OpenWrite(_copy.Of("model.onnx.data"));
        file.SetLength(file.Length / 2);
    });

    [Test]
    public void Open_TokenizerOfAnotherModel_IsRefused() => Refuses("not the tokenizer file", () =>
        File.Copy(Path.Combine(Repository.Checkpoints, "gpt_neo", "vocab.json"), _copy.Of("vocab.json"), overwrite: true), alter: "x");

    [TestCase("../outside.data", "outside the model's folder")]
    [TestCase("/etc/passwd", "absolute path")]
    [TestCase("no-such.data", "is missing")]
    public void Open_ExternalDataElsewhere_IsRefused(string location, string message) => Refuses(message, () => Edit(model =>
    {
        foreach (var tensor in model.Graph.Initializer)
        {
            foreach (var entry in tensor.ExternalData.Where(entry => entry.Key == "location"))
            {
                entry.Value = location;
            }
        }
    }));

    [Test]
    public void Open_SymbolicLinkOutOfTheFolder_IsRefused()
    {
        using var outside = new TemporaryFolder(_copy.Path);
        Refuses("outside the model's folder", () =>
        {
            File.Delete(_copy.Of("model.onnx.data"));
            File.CreateSymbolicLink(_copy.Of("model.onnx.data"), outside.Of("model.onnx.data"));
        });
    }

    [Test]
    public void Open_PlainOnnx_SaysToImportIt() => Refuses("pluginlens import", () => Edit(model => model.MetadataProps.Clear()));

    [Test]
    public void Open_StitchedWithoutItsModels_IsRefused() => Refuses("'stitched'", () => Edit(model => model.MetadataProps.Add(new StringStringEntryProto { Key = "stitched", Value = "{\"blocks\":1}" })));

    [Test]
    public void Open_FutureFormat_IsRefused() => Refuses("format '2'", () => Edit(model => model.MetadataProps.First(entry => entry.Key == "pluginlens.format").Value = "2"));

    [Test]
    public void Open_ShapeThatTheConfigurationForbids_NamesTheWeight() => Refuses("blocks.1.attn.W_Q", () => Edit(model =>
    {
        var dims = model.Graph.Initializer.First(tensor => tensor.Name == "blocks.1.attn.W_Q").Dims;
        (dims[0], dims[1]) = (dims[1], dims[0]);
    }));

    [Test]
    public void Open_MissingWeight_NamesIt() => Refuses("blocks.0.mlp.W_in", () => Edit(model =>
    {
        model.Graph.Initializer.Remove(model.Graph.Initializer.First(tensor => tensor.Name == "blocks.0.mlp.W_in"));
        foreach (var node in model.Graph.Node)
        {
            for (var at = 0; at < node.Input.Count; at++)
            {
                node.Input[at] = node.Input[at] == "blocks.0.mlp.W_in" ? "blocks.1.mlp.W_in" : node.Input[at];
            }
        }
    }));

    [Test]
    public void Open_Cycle_IsRefused() => Refuses("cycle", () => Edit(model =>
        model.Graph.Node.First(node => node.Output[0] == "blocks.0.hook_resid_mid").Input[1] = "blocks.1.hook_attn_out"));

    [Test]
    public void Open_HookThatIsNotThere_NamesIt() => Refuses("blocks.0.hook_resid_mid", () => Edit(model =>
    {
        model.Graph.Node.First(node => node.Output[0] == "blocks.0.hook_resid_mid").Output[0] = "renamed";
        foreach (var node in model.Graph.Node)
        {
            for (var at = 0; at < node.Input.Count; at++)
            {
                node.Input[at] = node.Input[at] == "blocks.0.hook_resid_mid" ? "renamed" : node.Input[at];
            }
        }
    }));

    [Test]
    public void Weight_NaN_IsRefusedByNameAndIndex()
    {
        using (var file = File.OpenWrite(_copy.Of("model.onnx.data")))
        {
            file.Position = 4 * ((7 * 32) + 5);
            file.Write(BitConverter.GetBytes(float.NaN));
        }

        using var model = ModelFolder.Open(_copy.Path, new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Report });

        Assert.That(() => model.Weight("embed.W_E"), Throws.TypeOf<ModelException>().With.Message.Contain("embed.W_E[7, 5] is NaN"));
    }

    [Test]
    public void Open_InlineWeights_ReadsThemFromTheSameFile()
    {
        var expected = OpenAt(ExportedFixtures.Get("gpt2"));
        var data = File.ReadAllBytes(_copy.Of("model.onnx.data"));
        Edit(model =>
        {
            foreach (var tensor in model.Graph.Initializer.Where(tensor => tensor.ExternalData.Count > 0))
            {
                var place = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
                tensor.RawData = ByteString.CopyFrom(data, int.Parse(place["offset"]), int.Parse(place["length"]));
                tensor.ExternalData.Clear();
                tensor.DataLocation = TensorProto.Types.DataLocation.Default;
            }
        });
        File.Delete(_copy.Of("model.onnx.data"));

        using var model = Open();
        var logits = model.Run(new ModelInput(1, 2, 3), ["logits"])["logits"];

        Assert.That(logits.Data.ToArray(), Is.EqualTo(expected.Run(new ModelInput(1, 2, 3), ["logits"])["logits"].Data.ToArray()));
        expected.Dispose();
    }

    [TestCase(new int[0], "no tokens")]
    [TestCase(new[] { 512 }, "expected 0 to 511")]
    [TestCase(new[] { -1 }, "expected 0 to 511")]
    public void Run_BadIds_AreRefused(int[] ids, string message)
    {
        using var model = Open();

        Assert.That(() => model.Run(new ModelInput(ids), ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain(message));
    }

    [Test]
    public void Run_LongerThanTheContext_IsRefused()
    {
        using var model = Open();

        Assert.That(() => model.Run(new ModelInput(new int[49]), ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("at most 48"));
    }

    [Test]
    public void Run_UnknownHook_IsRefused()
    {
        using var model = Open();

        Assert.That(() => model.Run(new ModelInput(1), ["blocks.9.hook_resid_pre"]), Throws.ArgumentException.With.Message.Contain("blocks.9.hook_resid_pre"));
    }

    [Test]
    public void Run_ReplacedActivation_ChangesWhatFollowsAndNothingBefore()
    {
        using var model = Open();
        var clean = model.Run(new ModelInput(1, 2, 3), ["blocks.0.hook_attn_out", "blocks.1.hook_resid_pre", "logits"]);
        var zeros = new Tensor("blocks.0.hook_mlp_out", new float[3 * 32], 1, 3, 32);

        var patched = model.Run(new ModelInput(1, 2, 3) { Replace = new Dictionary<string, Tensor> { ["blocks.0.hook_mlp_out"] = zeros } }, ["blocks.0.hook_attn_out", "blocks.0.hook_mlp_out", "logits"]);

        Assert.That(patched["blocks.0.hook_attn_out"].Data.ToArray(), Is.EqualTo(clean["blocks.0.hook_attn_out"].Data.ToArray()));
        Assert.That(patched["blocks.0.hook_mlp_out"].Data.ToArray(), Is.All.Zero);
        Assert.That(patched["logits"].Data.ToArray(), Is.Not.EqualTo(clean["logits"].Data.ToArray()));
    }

    [Test]
    public void Run_ReplacementOfWrongShape_IsRefused()
    {
        using var model = Open();
        var wrong = new Dictionary<string, Tensor> { ["blocks.1.hook_resid_pre"] = new("x", new float[3 * 31], 1, 3, 31) };

        Assert.That(() => model.Run(new ModelInput(1, 2, 3) { Replace = wrong }, ["logits"]), Throws.TypeOf<ModelException>().With.Message.Contain("expected [batch, pos, 32]"));
    }

    private OnnxModel Open() => OpenAt(_copy.Path);

    private static OnnxModel OpenAt(string folder) => ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu });

    /// <summary>Changes model.onnx; the seal goes, so that the check behind it is reached.</summary>
    private void Edit(Action<ModelProto> change)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_copy.Of("model.onnx")));
        model.MetadataProps.Remove(model.MetadataProps.First(entry => entry.Key == "seal"));
        change(model);
        File.WriteAllBytes(_copy.Of("model.onnx"), model.ToByteArray());
    }

    private void Refuses(string message, Action damage, string? alter = null)
    {
        damage();
        if (alter is not null)
        {
            File.AppendAllText(_copy.Of("vocab.json"), alter);
        }

        Assert.That(() => Open().Dispose(), Throws.TypeOf<ModelException>().With.Message.Contain(message).And.Message.Not.Contain("\n"));
    }

    /// <summary>Names tokenizer files in the metadata, with their hashes.</summary>
    private static void Name(TemporaryFolder folder, string[] files)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.Of("model.onnx")));
        model.MetadataProps.Remove(model.MetadataProps.First(entry => entry.Key == "seal"));
        model.MetadataProps.First(entry => entry.Key == "tokenizer_files").Value = $"{{{string.Join(',', files.Select(file => $"\"{file}\":\"{FileHash.Of(folder.Of(file))}\""))}}}";
        File.WriteAllBytes(folder.Of("model.onnx"), model.ToByteArray());
    }
}
