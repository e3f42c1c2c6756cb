namespace PluginLens.Cli.Tests;

/// <summary>Every analysis that runs a forward pass, or lays out a map, writes the same bytes with any number of threads.</summary>
public sealed class ThreadsTests
{
    private const int Texts = 12;
    private readonly Session _session = new();

    [OneTimeTearDown]
    public void Close() => _session.Dispose();

    [TestCase("activations --hooks blocks.*.hook_resid_post,blocks.*.attn.hook_pattern,blocks.*.mlp.hook_post,logits")]
    [TestCase("activations --model all-minilm-l6-v2")]
    [TestCase("hidden-projection")]
    [TestCase("rk-overlap")]
    [TestCase("rk-final")]
    [TestCase("logit-lens --position -1")]
    [TestCase("attention --layer 1 --head 0")]
    [TestCase("head-detector")]
    [TestCase("head-detector --model tiny-attn-2l")]
    [TestCase("logit-attribution --by head")]
    [TestCase("ablate --model tiny-gpt2 --layer 2-3 --with mean")]
    [TestCase("ablate --sequences 3 --heads 1.0,1.3 --together --draws 2 --model tiny-attn-2l", false)]
    [TestCase("patch --model tiny-gpt2 --prompt she --prompt he --token was --against had --unit attention", false)]
    [TestCase("head-lens --model tiny-gpt2 --k 3")]
    [TestCase("bos-sink --model tiny-gpt2")]
    [TestCase("token-evolution --model tiny-gpt2 --position -1 --k 3")]
    [TestCase("prompt-accuracy --model tiny-gpt2")]
    [TestCase("attended-messages --model tiny-gpt2 --layer 1 --head 0 --k 3 --draw 0")]
    [TestCase("head-behaviours --model tiny-gpt2 --layer 1")]
    [TestCase("patterns-context --k 3")]
    [TestCase("patterns --layer 1 --position -1 --k 3")]
    [TestCase("messages --layer 1 --position -1 --k 3")]
    [TestCase("ffn-neurons --most-active 5 --k 3")]
    [TestCase("bos-neurons --k 3")]
    [TestCase("neuron-texts --layer 3 --k 3")]
    [TestCase("stream-table --terms 6 --k 3 --file")]
    [TestCase("composition-scores --samples 10")]
    [TestCase("circuit-svd --layer 1 --matrix ov,out")]
    [TestCase("attention-tokens --model tiny-gpt2 --layer 1,2")]
    [TestCase("key-query-output --model tiny-gpt2 --layer 0 --keys 3 --queries 4 --outputs 4")]
    [TestCase("keep-k --x hidden --samples 40 --k 10")]
    [TestCase("embedding-map --model tiny-gpt2 --k 600 --perplexity 20 --steps 60")]
    [TestCase("embedding-map --model tiny-gpt2 --k 300 --method umap --epochs 30")]
    [TestCase("stitch --model tiny-gpt2-wide --model tiny-gpt2-reviews")]
    [TestCase("stitch --model tiny-gpt2-wide --model tiny-gpt2-reviews --add-positions")]
    public void Run_OneTwoAndFiveThreads_WriteTheSameBytes(string analysis, bool reads = true)
    {
        using var folder = new TemporaryFolder();
        var texts = folder.At("texts.csv");
        File.WriteAllLines(texts, File.ReadLines(Path.Combine(Cli.Root, "tests", "Golden", "reviews-sample.csv")).Take(Texts + 1));

        // More threads than processors are as many as these.
        var files = new[] { 1, 2, 5 }.Select(threads => Math.Min(threads, Math.Max(2, Environment.ProcessorCount))).Distinct().Select(threads =>
        {
            var run = folder.At($"with-{threads}");
            _session.Run(["run", "--plugin", .. analysis.Split(' '), .. Instant(analysis), .. reads ? ["--prompts", texts] : Array.Empty<string>(), "--threads", $"{threads}", "--out", run]);
            return Directory.GetFiles(run).Where(file => Path.GetFileName(file) != "run.json").Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), Convert.ToHexString(File.ReadAllBytes(file)))).ToList();
        }).ToList();

        Assert.That(files[0], Is.Not.Empty);
        Assert.That(files.TrueForAll(file => file.SequenceEqual(files[0])), Is.True);
    }

    /// <summary>Thirty layers show no more of it than four.</summary>
    private static string[] Instant(string analysis) => analysis.Contains("--model", StringComparison.Ordinal) ? [] : ["--model", "tiny-gpt2"];
}
