using PluginLens.Host;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Host.Tests;

/// <summary>Lists come back as they were written, and never from a damaged file.</summary>
public sealed class DiskTopKCacheTests
{
    private static readonly RowTopK Lists = new(2, 3, [5, 1, 9, 0, 7, 2], [3.5, double.Epsilon, -0.0, 1, -2, -1e300]);
    private string _folder = null!;
    private int _computed;

    [SetUp]
    public void MakeFolder() => (_folder, _computed) = (Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "top-k"), 0);

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
        }
    }

    [Test]
    public void SecondCall_ReadsTheFile()
    {
        Get("key");
        var again = Get("key");

        Assert.That(_computed, Is.EqualTo(1));
        Assert.That((again.Rows, again.K), Is.EqualTo((2, 3)));
        Assert.That(again.Ids, Is.EqualTo(Lists.Ids));
        Assert.That(again.Scores.Select(BitConverter.DoubleToInt64Bits), Is.EqualTo(Lists.Scores.Select(BitConverter.DoubleToInt64Bits)));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1), "no temporary file is left");
    }

    [Test]
    public void OtherKeyModelOrVersion_IsComputed()
    {
        Get("key");
        Get("other");
        Get("key", model: "bb");
        Get("key", version: "2");

        Assert.That(_computed, Is.EqualTo(4));
    }

    [Test]
    public void FileOfAnotherKey_IsComputedAgainAndReplaced()
    {
        Get("other");
        var other = Directory.GetFiles(_folder).Single();
        Get("key");
        var path = Directory.GetFiles(_folder).Single(file => file != other);
        var whole = File.ReadAllBytes(path);
        File.Copy(other, path, overwrite: true);
        _computed = 0;
        Get("key");

        Assert.That((_computed, File.ReadAllBytes(path)), Is.EqualTo((1, whole)));
    }

    /// <summary>A file that is whole, under the right key, and not what is asked for: six numbers are two lists of three, or three of two.</summary>
    [TestCase(3, 2)]
    [TestCase(2, 4)]
    [TestCase(1, 3)]
    public void FileOfAnotherShape_IsComputedAgain(int rows, int k)
    {
        Get("key");
        Get("key", rows: rows, k: k);

        Assert.That(_computed, Is.EqualTo(2));
    }

    [Test, Platform("Linux,MacOsX")]
    public void PipeInAFilesPlace_IsComputedAgainAndReplaced()
    {
        Get("key");
        var path = Directory.GetFiles(_folder).Single();
        NamedPipe.Make(path);

        Assert.That((NamedPipe.Within(() => Get("key")).Ids, _computed), Is.EqualTo((Lists.Ids, 2)));
        Assert.That(new FileInfo(path).Length, Is.Positive);
    }

    [Test]
    public void ListsOfAModelWhoseFilesChanged_AreNotKept()
    {
        var cache = new DiskTopKCache(_folder, "1", _ => false);
        cache.GetOrCompute(new Hashed("aa"), "key", 2, 3, () => Lists);

        Assert.That(Directory.Exists(_folder), Is.False);
    }

    [Test]
    public void EveryDamagedFile_IsComputedAgainAndReplaced()
    {
        Get("key");
        var path = Directory.GetFiles(_folder)[0];
        var whole = File.ReadAllBytes(path);
        for (var at = 0; at < whole.Length; at += 3)
        {
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= 0x40;
            foreach (var damaged in new[] { whole[..at], flipped, [.. whole, 0] })
            {
                File.WriteAllBytes(path, damaged);
                _computed = 0;
                Assert.That(Get("key").Ids, Is.EqualTo(Lists.Ids));
                Assert.That(_computed, Is.EqualTo(1));
                Assert.That(File.ReadAllBytes(path), Is.EqualTo(whole));
            }
        }
    }

    [Test]
    public void ModelWithoutHash_IsNeverKept()
    {
        var model = FakeModel.Gpt2Like(new ModelConfig { DModel = 2, NHeads = 1, NLayers = 1, DHead = 2, DVocab = 3 });
        new DiskTopKCache(_folder, "1").GetOrCompute(model, "key", 2, 3, () => Lists);

        Assert.That(Directory.Exists(_folder), Is.False);
    }

    [Test]
    public void FolderThatCannotBeMade_StillAnswers()
    {
        var file = Path.GetTempFileName();
        try
        {
            var lists = new DiskTopKCache(Path.Combine(file, "below"), "1").GetOrCompute(new Hashed("aa"), "key", 2, 3, () => Lists);
            Assert.That(lists, Is.SameAs(Lists));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private RowTopK Get(string key, string model = "aa", string version = "1", int rows = 2, int k = 3) => new DiskTopKCache(_folder, version).GetOrCompute(new Hashed(model), key, rows, k, () =>
    {
        _computed++;
        return Lists;
    });

    private sealed class Hashed(string hash) : Model
    {
        public override string? Sha256 => hash;

        public override ModelConfig Config => throw new NotSupportedException();

        public override ModelTokenizer? Tokenizer => null;

        public override IReadOnlyCollection<string> WeightNames => [];

        public override IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks => new Dictionary<string, IReadOnlyList<string>>();

        public override bool HasWeight(string name) => false;

        public override Tensor Weight(string name) => throw new NotSupportedException();

        public override Activations Run(ModelInput input, IReadOnlyCollection<string> hooks) => throw new NotSupportedException();
    }
}
