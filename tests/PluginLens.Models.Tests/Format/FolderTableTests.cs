using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using PluginLens.Models.Format;
using PluginLens.Models.Tests.Folders;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Format;

/// <summary>Exporter, reader and documentation speak of the same keys and versions; what the host itself writes is held to the table when it is written.</summary>
public sealed partial class FolderTableTests
{
    private static readonly Dictionary<string, string> Keys = new(FolderTable.Keys, StringComparer.Ordinal);
    private static readonly OpenOptions Options = new() { Device = Device.Cpu };

    public static IEnumerable<string> Names => Repository.CheckpointNames.Concat(Directory.GetDirectories(Repository.Next).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Test]
    public void Version_IsThatOfTheAssemblies() => Assert.That(FolderTable.Version, Is.EqualTo(typeof(ModelFolder).Assembly.GetName().Version!.ToString(3)));

    [TestCaseSource(nameof(Names))]
    public void Keys_HoldWhatTheExporterWrites(string name)
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get(name), Options);
        AssertKnown(model.Config.Metadata, $"export.py {FolderTable.Version}");
    }

    [Test]
    public void Keys_HoldWhatStitchingWrites()
    {
        using var folder = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        var destination = Path.Combine(folder.Path, "stitched");
        using (var donor = ModelFolder.Open(ExportedFixtures.Get("phi3"), Options))
        using (var receiver = ModelFolder.Open(ExportedFixtures.Get("gpt2"), Options))
        {
            var map = new Matrix(Enumerable.Range(0, donor.Config.DModel * receiver.Config.DModel).Select(at => at % 7 / 7f).ToArray(), donor.Config.DModel, receiver.Config.DModel);
            receiver.WriteStitched(destination, new Seam { Donor = donor, Blocks = 1, Last = 1, Map = map });
        }

        using var model = ModelFolder.Open(destination, Options);
        AssertKnown(model.Config.Metadata, $"pluginlens stitch {FolderTable.Version}");
    }

    [TestCase("d_modle", "32")]
    [TestCase("d_model", "32.5")]
    [TestCase("tied", "yes")]
    [TestCase("inv_freq", "0.5")]
    [TestCase("eps", "\"small\"")]
    [TestCase("hooks", "[]")]
    public void Require_WhatTheTableDoesNotSay_Throws(string key, string value) => Assert.That(() => FolderTable.Require(key, value), Throws.InvalidOperationException.With.Message.Contains(key));

    [Test]
    public void Keys_HoldWhatTheReaderAsksFor()
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get("gemma2"), Options);
        var asked = new Asked(model.Config.Metadata);
        var metadata = new Metadata("folder", asked);
        _ = (metadata.Config(), metadata.DType, metadata.TokenizerSize, metadata.WeightsSha256);
        Assert.That(asked.Keys, Is.SubsetOf(Keys.Keys).And.Count.GreaterThan(30));
    }

    [Test]
    public void Keys_AreThoseOfTheDocumentation()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "model-folder.md"));
        var section = text[text.IndexOf("\n## Metadata", StringComparison.Ordinal)..text.IndexOf("\n## Processing", StringComparison.Ordinal)];
        var documented = Row().Matches(section).SelectMany(row => Code().Matches(row.Groups[1].Value)).Select(code => code.Groups[1].Value);
        Assert.That(documented, Is.EquivalentTo(Keys.Keys));
    }

    private static void AssertKnown(IReadOnlyDictionary<string, string> metadata, string exporter)
    {
        Assert.That((metadata["pluginlens.format"], metadata["pluginlens.exporter"]), Is.EqualTo((FolderTable.Format, exporter)));
        foreach (var (key, value) in metadata)
        {
            FolderTable.Require(key, value);
        }
    }

    [GeneratedRegex(@"^\| (`[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    /// <summary>A dictionary that remembers which keys were asked for.</summary>
    private sealed class Asked(IReadOnlyDictionary<string, string> values) : IReadOnlyDictionary<string, string>
    {
        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

        IEnumerable<string> IReadOnlyDictionary<string, string>.Keys => values.Keys;

        public IEnumerable<string> Values => values.Values;

        public int Count => values.Count;

        public string this[string key] => Keys.Add(key) ? values[key] : values[key];

        public bool ContainsKey(string key) => Keys.Add(key) ? values.ContainsKey(key) : values.ContainsKey(key);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
        {
            Keys.Add(key);
            return values.TryGetValue(key, out value);
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => values.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => values.GetEnumerator();
    }
}
