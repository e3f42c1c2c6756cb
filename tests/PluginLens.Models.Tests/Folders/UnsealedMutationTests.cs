using Google.Protobuf;
using PluginLens.Models.Format.Proto;
using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>Folders without a seal, as other tools may write them, with wrong metadata, shapes and places: each works or is refused in one line.</summary>
public sealed class UnsealedMutationTests
{
    private const int PerKind = 60;
    private static readonly string[] Texts = ["", "0", "-1", "1", "3", "2147483647", "99999999999999999999", "1e308", "NaN", "null", "true", "[]", "{}", "[null]", "\"x\"", "[[1]]", "{\"a\":1}", "x\ny", "../../x"];

    private static readonly Action<Random, ModelProto>[] Kinds = [ChangeMetadata, ChangePlace, ChangeShape, ChangeNode, DropOrRepeat];

    [Test]
    [CancelAfter(60_000)]
    public void Open_WrongFolder_WorksOrIsRefusedInOneLine([Range(0, 4)] int kind, CancellationToken cancellation)
    {
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2"));
        var source = ModelProto.Parser.ParseFrom(File.ReadAllBytes(copy.Of("model.onnx")));
        source.MetadataProps.Remove(source.MetadataProps.First(entry => entry.Key == "seal"));
        var refused = 0;
        for (var seed = 0; seed < PerKind; seed++)
        {
            cancellation.ThrowIfCancellationRequested();
            var model = source.Clone();
            Kinds[kind](new Random((kind * 1000) + seed), model);
            File.WriteAllBytes(copy.Of("model.onnx"), model.ToByteArray());
            try
            {
                using var opened = ModelFolder.Open(copy.Path, new OpenOptions { Device = Device.Cpu });
                opened.Weight("embed.W_E");
                opened.Run(new ModelInput(1, 2, 3), [.. opened.Hooks.Keys]);
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

        Assert.That(refused, Is.GreaterThan(PerKind / 3));
    }

    private static T Any<T>(Random random, IList<T> list) => list[random.Next(list.Count)];

    private static void ChangeMetadata(Random random, ModelProto model)
    {
        var entry = Any(random, model.MetadataProps);
        entry.Value = random.Next(2) == 0 ? Any(random, Texts) : entry.Value[..random.Next(entry.Value.Length)];
    }

    private static void ChangePlace(Random random, ModelProto model)
    {
        var stored = model.Graph.Initializer.Where(tensor => tensor.ExternalData.Count > 0).ToList();
        var entry = Any(random, Any(random, stored).ExternalData);
        entry.Value = random.Next(3) == 0 ? Any(random, Any(random, stored).ExternalData).Value : Any(random, Texts);
    }

    private static void ChangeShape(Random random, ModelProto model)
    {
        var tensor = Any(random, model.Graph.Initializer.Where(tensor => tensor.ExternalData.Count > 0).ToList());
        switch (random.Next(3))
        {
            case 0:
                tensor.Dims[random.Next(tensor.Dims.Count)] = Any(random, [0, -1, 1, 7, int.MaxValue, long.MaxValue]);
                break;
            case 1:
                tensor.DataType = random.Next(24);
                break;
            default:
                tensor.Dims.Add(random.Next(3));
                break;
        }
    }

    private static void ChangeNode(Random random, ModelProto model)
    {
        var node = Any(random, model.Graph.Node);
        var other = Any(random, model.Graph.Node);
        switch (random.Next(4))
        {
            case 0:
                node.Input[random.Next(node.Input.Count)] = Any(random, other.Output);
                break;
            case 1:
                node.Output[0] = Any(random, other.Output);
                break;
            case 2:
                node.OpType = "NoSuch\nOperator";
                break;
            default:
                node.Domain = "elsewhere";
                break;
        }
    }

    private static void DropOrRepeat(Random random, ModelProto model)
    {
        switch (random.Next(5))
        {
            case 0:
                model.Graph.Node.RemoveAt(random.Next(model.Graph.Node.Count));
                break;
            case 1:
                model.Graph.Node.Add(Any(random, model.Graph.Node).Clone());
                break;
            case 2:
                model.Graph.Initializer.Add(Any(random, model.Graph.Initializer).Clone());
                break;
            case 3:
                model.Graph.ValueInfo.Add(Any(random, model.Graph.ValueInfo).Clone());
                break;
            default:
                model.MetadataProps.RemoveAt(random.Next(model.MetadataProps.Count));
                break;
        }
    }
}
