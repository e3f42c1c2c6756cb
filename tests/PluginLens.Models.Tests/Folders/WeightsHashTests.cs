using System.Text;
using Google.Protobuf;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>What identifies a model covers its weights, and an unchanged file is read once.</summary>
public sealed class WeightsHashTests
{
    private static readonly OpenOptions Require = new() { Device = Device.Cpu };
    private static readonly OpenOptions Report = Require with { Weights = WeightsPolicy.Report };

    [Test]
    public void Open_WholeFolder_KnowsTheHashOfItsWeights()
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Require);

        Assert.That(model.WeightsSha256, Is.EqualTo(FileHash.Of(Path.Combine(model.Folder, "model.onnx.data"))));
        Assert.That(model.Sha256, Is.EqualTo(FileHash.Of(Path.Combine(model.Folder, "model.onnx"))), "whose metadata hold the hash of the weights");
        Assert.That(model.WeightsState, Is.EqualTo(WeightsState.Verified));
    }

    [Test]
    public void Open_ChangedWeights_IsRefused_UnlessAskedFor()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        copy.Overwrite("embed.W_E", 3, 0.25f);
        using var whole = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Require);

        Assert.That(() => ModelFolder.Open(copy.Path, Require), Throws.TypeOf<ModelException>().With.Message.Contain("model.onnx.data' has sha-256").And.Message.Contain("--unverified-weights").And.Message.Not.Contain("\n"));
        using var model = ModelFolder.Open(copy.Path, Report);

        Assert.That((model.WeightsState, model.WeightsSha256), Is.EqualTo((WeightsState.NotVerified, FileHash.Of(copy.Of("model.onnx.data")))));
        Assert.That(model.Sha256, Is.Not.EqualTo(whole.Sha256));
    }

    [Test]
    public void Open_NoRecordedHash_HashesWhatIsThere()
    {
        using var copy = Unrecorded();
        string? Identity()
        {
            using var model = ModelFolder.Open(copy.Path, Require);
            Assert.That(model.WeightsState, Is.EqualTo(WeightsState.NotRecorded));
            return model.Sha256;
        }

        var before = Identity();
        copy.Overwrite("embed.W_E", 3, 0.25f);

        Assert.That(Identity(), Is.Not.EqualTo(before));
    }

    [Test]
    public void HashMemory_UnchangedFile_IsNotReadAgain()
    {
        using var copy = Unrecorded();
        var planted = Plant(copy, new string('a', 64));

        Assert.That(Hash(planted), Is.EqualTo(new string('a', 64)), "the remembered hash, which is planted so that it can be told from the file's");
    }

    [Test]
    public void HashMemory_GarbledEntry_IsIgnoredAndWrittenAgain([Values("hash", "key", "end", "text", "nothing", "much", "pipe")] string what)
    {
        using var copy = Unrecorded();
        var planted = Plant(copy, new string('a', 64));
        var entry = File.ReadAllText(planted.Entry);
        File.WriteAllText(planted.Entry, what switch
        {
            "hash" => entry.Replace(new string('a', 64), new string('b', 64)),
            "key" => entry.Replace("model.onnx.data", "model.onnx.date"),
            "end" => entry[..^2],
            "text" => entry + "x",
            "much" => entry + new string('x', 1 << 17),
            _ => string.Empty,
        });
        if (what == "pipe" && !OperatingSystem.IsWindows())
        {
            NamedPipe.Make(planted.Entry);
        }

        var hash = FileHash.Of(planted.File);
        using var file = new MappedFile(planted.File);
        Assert.That(NamedPipe.Within(() => new HashMemory(Path.GetDirectoryName(planted.Entry), new Later(TimeSpan.FromMinutes(1))).Of(file, _ => true)), Is.EqualTo(hash));
        Assert.That(File.ReadAllLines(planted.Entry)[^2], Is.EqualTo(hash));
    }

    [Test]
    public void HashMemory_ChangedFile_IsReadAgain([Values("content", "time", "size", "other file", "content under the old time")] string what)
    {
        using var copy = Unrecorded();
        var planted = Plant(copy, new string('a', 64));
        var written = File.GetLastWriteTimeUtc(planted.File);
        switch (what)
        {
            case "content":
                copy.Overwrite("embed.W_E", 3, 0.25f);
                break;
            case "time":
                File.SetLastWriteTimeUtc(planted.File, written.AddSeconds(-5));
                break;
            case "size":
                File.AppendAllText(planted.File, "x");
                break;
            case "other file":
                File.Copy(planted.File, planted.File + ".new");
                File.SetLastWriteTimeUtc(planted.File + ".new", written);
                File.Move(planted.File + ".new", planted.File, overwrite: true);
                break;
            default:
                copy.Overwrite("embed.W_E", 3, 0.25f);
                File.SetLastWriteTimeUtc(planted.File, written);
                break;
        }

        Assert.That(Hash(planted), Is.EqualTo(FileHash.Of(planted.File)));
    }

    [TestCase("")]
    [TestCase("not an entry")]
    public void HashMemory_DamagedEntry_IsNotUsed(string text)
    {
        using var copy = Unrecorded();
        var planted = Plant(copy, new string('a', 64));
        File.WriteAllText(planted.Entry, text);

        Assert.That(Hash(planted), Is.EqualTo(FileHash.Of(planted.File)));
    }

    [Test]
    public void HashMemory_FileThatChangedAMomentAgo_IsNotRemembered()
    {
        using var copy = Unrecorded();
        var entries = copy.Of("entries");
        using var file = new MappedFile(copy.Of("model.onnx.data"));

        new HashMemory(entries, new Later(TimeSpan.Zero)).Of(file, _ => true);

        Assert.That(Directory.Exists(entries), Is.False);
    }

    [Test]
    public void Open_WrongHashInMemory_RefusesNothing()
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        var planted = Plant(copy, new string('a', 64));

        using var model = ModelFolder.Open(copy.Path, Require with { HashFolder = Path.GetDirectoryName(planted.Entry) });

        Assert.That(model.WeightsState, Is.EqualTo(WeightsState.Verified));
    }

    /// <summary>A folder as other tools may write it.</summary>
    private static TemporaryFolder Unrecorded()
    {
        var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(copy.Of("model.onnx")));
        foreach (var entry in model.MetadataProps.Where(entry => entry.Key is "seal" or "weights_sha256").ToList())
        {
            model.MetadataProps.Remove(entry);
        }

        File.WriteAllBytes(copy.Of("model.onnx"), model.ToByteArray());
        return copy;
    }

    /// <summary>Remembers the weights' file, and puts another hash into the entry.</summary>
    private static (string File, string Entry) Plant(TemporaryFolder copy, string hash)
    {
        var entries = copy.Of("entries");
        using var file = new MappedFile(copy.Of("model.onnx.data"));
        var found = new HashMemory(entries, new Later(TimeSpan.FromMinutes(1))).Of(file, _ => true);
        var entry = Directory.GetFiles(entries).Single();
        var lines = File.ReadAllLines(entry);
        Assert.That(lines[^2], Is.EqualTo(found));
        var text = string.Join('\n', [.. lines[..^2], hash]);
        File.WriteAllText(entry, $"{text}\n{FileHash.Of(Encoding.UTF8.GetBytes(text))}\n");
        return (file.Path, entry);
    }

    private static string Hash((string File, string Entry) planted)
    {
        using var file = new MappedFile(planted.File);
        return new HashMemory(Path.GetDirectoryName(planted.Entry)).Of(file, _ => true);
    }

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + by;
    }
}
