using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>Damaged folders: each opens and works, or is refused in one line. Never another exception, never a hang.</summary>
public sealed class MutationTests
{
    private const int PerKind = 70;
    private const int ChangesWeights = 5;

    private static readonly Action<Random, string>[] Kinds =
    [
        (random, folder) => Truncate(random, folder, "model.onnx"),
        (random, folder) => Flip(random, folder, "model.onnx", 1),
        (random, folder) => Flip(random, folder, "model.onnx", 20),
        (random, folder) => Insert(random, folder, "model.onnx"),
        (random, folder) => Truncate(random, folder, "model.onnx.data"),
        (random, folder) => Flip(random, folder, "model.onnx.data", 3),
        (random, folder) => Flip(random, folder, TokenizerFile(random), 2),
        (random, folder) => Truncate(random, folder, TokenizerFile(random)),
    ];

    [Test]
    [CancelAfter(120_000)]
    public void Open_DamagedFolder_WorksOrIsRefusedInOneLine([Range(0, 7)] int kind, CancellationToken cancellation)
    {
        var source = ExportedFixtures.Get("gpt2");
        var refused = 0;
        for (var seed = 0; seed < PerKind; seed++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var copy = new TemporaryFolder(source);
            Kinds[kind](new Random((kind * 1000) + seed), copy.Path);
            try
            {
                Use(copy.Path, kind == ChangesWeights ? WeightsPolicy.Report : WeightsPolicy.Require);
            }
            catch (ModelException error)
            {
                refused++;
                Assert.That(error.Message, Does.Not.Contain("\n").And.Not.Empty, $"kind {kind}, seed {seed}");
            }
            catch (Exception error) when (error is not AssertionException and not OperationCanceledException)
            {
                Assert.Fail($"Kind {kind}, seed {seed}: {error.GetType().Name} instead of a ModelException: {error}");
            }
        }

        // Weights that were asked for although they changed hold any bits: few make NaN or infinity, the others open. Everything else is sealed or hashed.
        Assert.That(refused, kind == ChangesWeights ? Is.LessThan(PerKind / 5) : Is.EqualTo(PerKind));
    }

    private static void Use(string folder, WeightsPolicy weights)
    {
        using var model = ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu, Weights = weights });
        Assert.That(model.WeightsState, Is.EqualTo(weights == WeightsPolicy.Require ? WeightsState.Verified : WeightsState.NotVerified));
        model.Weight("embed.W_E");
        model.Tokenizer!.Encode("the cat");
        model.Run(new ModelInput(1, 2, 3), ["logits"]);
    }

    private static string TokenizerFile(Random random) => random.Next(2) == 0 ? "vocab.json" : "merges.txt";

    private static void Truncate(Random random, string folder, string name)
    {
        using var file = File.OpenWrite(Path.Combine(folder, name));
        file.SetLength(random.NextInt64(file.Length));
    }

    private static void Flip(Random random, string folder, string name, int count)
    {
        var path = Path.Combine(folder, name);
        var bytes = File.ReadAllBytes(path);
        for (var flip = 0; flip < count; flip++)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        File.WriteAllBytes(path, bytes);
    }

    private static void Insert(Random random, string folder, string name)
    {
        var path = Path.Combine(folder, name);
        var bytes = File.ReadAllBytes(path).ToList();
        bytes.InsertRange(random.Next(bytes.Count), Enumerable.Range(0, random.Next(1, 9)).Select(_ => (byte)random.Next(256)));
        File.WriteAllBytes(path, [.. bytes]);
    }
}
