using PluginLens.Models.Format;
using PluginLens.Models.Sessions;

namespace PluginLens.Models.Tests.Sessions;

/// <summary>Arrays in, arrays out; what ONNX Runtime refuses is one kind of exception.</summary>
public sealed class GraphSessionTests
{
    [Test]
    public void Run_EachElementType_ComesBackAsItWent()
    {
        ComesBack(ElementTypes.Float, new float[] { 1.5f, -2, float.NegativeInfinity });
        ComesBack(ElementTypes.Double, new double[] { 1.5, -2, 1e300 });
        ComesBack(ElementTypes.Int64, new long[] { long.MinValue, 0, long.MaxValue });
        ComesBack(ElementTypes.Int32, new int[] { int.MinValue, 0, int.MaxValue });
        ComesBack(ElementTypes.Bool, new[] { true, false, true });
    }

    [Test]
    public void Run_NoElements_GivesNone()
    {
        using var session = Open(new TinyGraph().Input("x", [-1, 2]).Node("Identity", "y", ["x"]).Output("y"));

        var y = Run(session, new GraphArray(Array.Empty<float>(), [0, 2]), "y");

        Assert.That(y.Values, Is.Empty);
        Assert.That(y.Shape, Is.EqualTo(new[] { 0, 2 }));
    }

    [Test]
    public void Run_Scalar_HasNoExtents()
    {
        using var session = Open(new TinyGraph().Input("x", []).Node("Neg", "y", ["x"]).Output("y"));

        var y = Run(session, new GraphArray(new[] { 42f }, []), "y");

        Assert.That(y.Values, Is.EqualTo(new[] { -42f }));
        Assert.That(y.Shape, Is.Empty);
    }

    [Test]
    public void Run_OutputOfATypeThatNoArrayHas_IsNull()
    {
        using var session = Open(new TinyGraph().Input("x", [1]).NodeWith("Cast", "y", ["x"], "to", ElementTypes.Float16).Output("y"));

        Assert.That(session.Run(Inputs([1f], [1]), ["y"]), Is.EqualTo(new GraphArray?[] { null }));
    }

    [Test]
    public void Run_ArrayOfAnotherType_SaysWhatIsExpected()
    {
        using var session = Open(new TinyGraph().Input("x", [1]).Node("Neg", "y", ["x"]).Output("y"));

        Assert.That(() => Run(session, new GraphArray(new[] { 'a' }, [1]), "y"), Throws.ArgumentException.With.Message.Contains("float, double, long, int or bool"));
    }

    [Test]
    public void Run_OutputsInAnyOrder_FollowTheOrderAskedFor()
    {
        using var session = Open(new TinyGraph().Input("x", [1]).Node("Neg", "a", ["x"]).Node("Abs", "b", ["a"]).Output("a", "b"));

        var results = session.Run(Inputs([3f], [1]), ["b", "a"]);

        Assert.That(results.Select(result => ((float[])result!.Values)[0]), Is.EqualTo(new[] { 3f, -3f }));
    }

    [Test]
    public void Run_WrongInputs_SayWhich()
    {
        using var session = Open(new TinyGraph().Input("x", [-1, 2]).Node("Neg", "y", ["x"]).Output("y"));

        Assert.That(() => session.Run(new Dictionary<string, GraphArray>(), ["y"]), Throws.TypeOf<GraphSessionException>().With.Message.Contains("x"));
        Assert.That(() => Run(session, new GraphArray(new float[3], [1, 3]), "y"), Throws.TypeOf<GraphSessionException>().With.Message.Contains("x"));
        Assert.That(() => Run(session, new GraphArray(new long[2], [1, 2]), "y"), Throws.TypeOf<GraphSessionException>().With.Message.Contains("int64"));
        Assert.That(() => Run(session, new GraphArray(new float[2], [1, 2]), "z"), Throws.TypeOf<GraphSessionException>().With.Message.Contains("z"));
        Assert.That(Run(session, new GraphArray(new[] { 1f, 2f }, [1, 2]), "y").Values, Is.EqualTo(new[] { -1f, -2f }), "the session is none the worse for it");
    }

    [Test]
    public void Run_Cancelled_StopsAndTheNextRunGoesOn()
    {
        using var session = Open(new TinyGraph().Input("x", [1]).Node("Neg", "y", ["x"]).Output("y"));
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.That(() => session.Run(Inputs([1f], [1]), ["y"], stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Run(session, new GraphArray(new[] { 1f }, [1]), "y").Values, Is.EqualTo(new[] { -1f }));
    }

    [Test]
    public void Run_FromManyThreads_GivesEachItsOwn()
    {
        using var session = Open(new TinyGraph().Input("x", [-1, 2]).Constant("w", [2, 2], 1, 2, 3, 4).Node("MatMul", "y", ["x", "w"]).Output("y"));

        var wrong = Enumerable.Range(0, 200).AsParallel().Count(at => !((float[])Run(session, new GraphArray(new float[] { at, 1 }, [1, 2]), "y").Values).SequenceEqual([at + 3, (2 * at) + 4]));

        Assert.That(wrong, Is.Zero);
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 1, 2, 3, 4 })]
    public void Open_BytesThatAreNoGraph_AreRefused(byte[] bytes) =>
        Assert.That(() => new GraphSession(bytes, [], Path.GetTempPath()), Throws.TypeOf<GraphSessionException>());

    [Test]
    public void Open_TruncatedGraph_IsRefused()
    {
        var whole = new TinyGraph().Input("x", [1]).Node("Neg", "y", ["x"]).Output("y").Bytes;

        Assert.That(() => new GraphSession(whole[..(whole.Length / 2)], [], Path.GetTempPath()), Throws.TypeOf<GraphSessionException>());
    }

    [Test]
    public void Open_FileWithNameBeyondAscii_RunsIt()
    {
        var file = Path.Combine(Path.GetTempPath(), $"modèle-モデル-{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(file, new TinyGraph().Input("x", [1]).Node("Neg", "y", ["x"]).Output("y").Bytes);
        try
        {
            using var session = new GraphSession(file);
            Assert.That(Run(session, new GraphArray(new[] { 1f }, [1]), "y").Values, Is.EqualTo(new[] { -1f }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void Open_MissingFile_NamesIt() =>
        Assert.That(() => new GraphSession("no-such-model.onnx"), Throws.TypeOf<GraphSessionException>().With.Message.Contains("no-such-model.onnx"));

    private static void ComesBack<T>(int type, T[] values)
    {
        using var session = Open(new TinyGraph().Input("x", [1, -1], type).Node("Identity", "y", ["x"]).Output("y"));
        var y = Run(session, new GraphArray(values, [1, values.Length]), "y");

        Assert.That(y.Values, Is.TypeOf<T[]>().And.EqualTo(values));
        Assert.That(y.Shape, Is.EqualTo(new[] { 1, values.Length }));
    }

    private static GraphSession Open(TinyGraph graph) => new(graph.Bytes, [], Path.GetTempPath());

    private static Dictionary<string, GraphArray> Inputs(float[] x, long[] shape) => new() { ["x"] = new GraphArray(x, shape) };

    private static GraphArray Run(GraphSession session, GraphArray x, string output) => session.Run(new Dictionary<string, GraphArray> { ["x"] = x }, [output])[0]!;
}
