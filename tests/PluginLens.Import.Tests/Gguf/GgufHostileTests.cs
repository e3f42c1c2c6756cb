namespace PluginLens.Import.Tests.Gguf;

/// <summary>Damaged, malicious and odd files: each is refused in one line, or read, as the list beside them says; nothing is left behind.</summary>
public sealed class GgufHostileTests
{
    private const long MostAllocated = 64 << 20;
    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void Unpack() => _folder = GoldenGguf.Unpack("hostile.zip");

    [OneTimeTearDown]
    public void Delete() => _folder.Delete(recursive: true);

    [Test]
    public void Import_EveryFile_IsRefusedOrReadAsListed()
    {
        var entries = File.ReadLines(Path.Combine(_folder.FullName, "expect.tsv")).Skip(1).Select(line => line.Split('\t')).ToArray();
        Assert.That(entries, Has.Length.EqualTo(99));
        Assert.Multiple(() =>
        {
            foreach (var entry in entries)
            {
                var before = GC.GetTotalAllocatedBytes();
                Assert.That(Verdict(entry[0]), Does.StartWith(entry[1].StartsWith("read", StringComparison.Ordinal) ? "read" : "refuse"), $"{entry[0]}: {entry[1]}");
                Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(MostAllocated), entry[0]);
            }
        });
    }

    [TestCase("magic-ggjt.gguf", "before GGUF")]
    [TestCase("big-endian.gguf", "big-endian")]
    [TestCase("version-1.gguf", "version 1")]
    [TestCase("cut-last-byte.gguf", "token_embd.weight")]
    [TestCase("type-36.gguf", "IQ4_NL_4_4")]
    [TestCase("type-9-q8_1.gguf", "Q8_1")]
    [TestCase("key-twice.gguf", "'general.name' twice")]
    [TestCase("tensor-name-escape.gguf", @"\u{1b}[31m")]
    [TestCase("architecture-unknown.gguf", "'no-such-model'")]
    [TestCase("rms-epsilon-missing.gguf", "llama.attention.layer_norm_rms_epsilon")]
    [TestCase("tensor-extra.gguf", "'blk.0.attn_extra.weight'")]
    [TestCase("tensor-missing.gguf", "'blk.0.ffn_up.weight'")]
    [TestCase("scale-mxfp4-255.gguf", "blk.0.attn_q.weight")]
    [TestCase("merge-no-result.gguf", "'q z'")]
    [TestCase("tokenizer-model-unknown.gguf", "'no-such-tokenizer'")]
    [TestCase("split-second-only/model-00002-of-00002.gguf", "'model-00001-of-00002.gguf'")]
    [TestCase("split-missing/model-00001-of-00002.gguf", "'model-00002-of-00002.gguf'")]
    public void Import_Refused_NamesTheCause(string name, string cause) => Assert.That(Verdict(name), Does.StartWith("refuse").And.Contains(cause));

    [TestCase("tail-garbage.gguf", "104 bytes behind its last tensor")]
    [TestCase("vocab-size-41.gguf", "llama.vocab_size says 41, but there are 40 rows")]
    [TestCase("token-type-missing.gguf", "tokenizer.ggml.token_type")]
    public void Import_ReadWithDoubt_SaysSo(string name, string note) => Assert.That(Verdict(name), Does.StartWith("read").And.Contains(note));

    private string Verdict(string name)
    {
        var parent = Directory.CreateTempSubdirectory("pluginlens-import-");
        try
        {
            var report = Importer.Import(Path.Combine(_folder.FullName, name), Path.Combine(parent.FullName, "model"));
            return $"read {string.Join("; ", report.Notes)}";
        }
        catch (ModelException error)
        {
            Assert.That(error.Message.Any(char.IsControl), Is.False, name);
            Assert.That(parent.EnumerateFileSystemInfos(), Is.Empty, name);
            return $"refuse {error.Message}";
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
