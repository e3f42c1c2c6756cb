using Newtonsoft.Json.Linq;
using NJsonSchema;

namespace PluginLens.Cli.Tests;

/// <summary>Run folders are what docs/schemas says, however a run ended.</summary>
public sealed class SchemaTests
{
    private static readonly string Misbehaves = Path.Combine(Cli.Root, "artifacts", "fixtures", "Misbehaves");

    [TestCase(0, "ov-pairs --layer 0 --k 3")]
    [TestCase(0, "ov-pairs --layer 0 --k 3 --model tiny-gpt2 --model tiny-gpt2-b --tables both")]
    [TestCase(0, "logit-lens --model tiny-gpt2 --prompt king --prompt queen")]
    [TestCase(0, "logit-lens --model tiny-gpt2 --prompt king --private --isolate")]
    [TestCase(0, "logit-lens --model tiny-gpt2 --ids 1,2,3")]
    [TestCase(0, "isotropy --model tiny-gpt2")]
    [TestCase(0, "embedding-map --model tiny-gpt2 --k 50 --method pca")]
    [TestCase(0, "align-layers --model tiny-gpt2 --model tiny-gpt2-b --group v")]
    [TestCase(0, "qk-pairs --model all-minilm-l6-v2 --layer 0 --head 0")]
    [TestCase(1, "misbehaves --how throws --plugins MISBEHAVES")]
    public void RunFolder_FollowsTheSchemas(int exitCode, string run)
    {
        using var folder = new TemporaryFolder();

        var result = Cli.Run(["run", "--plugin", .. run.Split(' ').Select(word => word == "MISBEHAVES" ? Misbehaves : word), "--out", folder.At("run")]);

        Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.Errors);
        Valid("run", folder.At("run/run.json"));
        var figures = Directory.Exists(folder.At("run/figures")) ? Directory.GetFiles(folder.At("run/figures")) : [];
        Assert.That(figures.Length > 0, Is.EqualTo(JObject.Parse(File.ReadAllText(folder.At("run/run.json")))["files"]!.Any(file => ((string)file!).StartsWith("figures/", StringComparison.Ordinal))));
        Array.ForEach(figures, figure => Valid("figure", figure));
    }

    [Test]
    public void Schema_RefusesWhatIsNoRunFolder()
    {
        using var folder = new TemporaryFolder();
        Cli.Run("run", "--plugin", "isotropy", "--model", "tiny-gpt2", "--out", folder.At("run"));
        var run = JObject.Parse(File.ReadAllText(folder.At("run/run.json")));
        foreach (var change in new Action<JObject>[] { json => json["status"] = "done", json => json.Remove("tables"), json => json["more"] = 1, json => json["tables"]![0]!["kinds"]![0] = "float", json => json["model"]!["sha256"] = "x" })
        {
            var changed = (JObject)run.DeepClone();
            change(changed);
            Assert.That(Schema("run").Validate(changed), Is.Not.Empty);
        }
    }

    private static void Valid(string schema, string path) => Assert.That(Schema(schema).Validate(File.ReadAllText(path)).Select(fault => $"{fault.Path}: {fault.Kind}"), Is.Empty, path);

    private static JsonSchema Schema(string name) => JsonSchema.FromFileAsync(Path.Combine(Cli.Root, "docs", "schemas", $"{name}.schema.json")).GetAwaiter().GetResult();
}
