using System.Diagnostics;
using System.Globalization;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Sessions;

namespace PluginLens.Models.Tests.Sessions;

/// <summary>What the host relies on in ONNX Runtime: weights are used where they lie, as long as the session lives, and no graph is rewritten.</summary>
public sealed class HandedWeightTests
{
    private const string Data = "weights.data";
    private DirectoryInfo _folder = null!;

    /// <summary>The library wants the file that the graph names to exist, but does not read what it is handed over.</summary>
    [OneTimeSetUp]
    public void WriteData()
    {
        _folder = Directory.CreateTempSubdirectory("pluginlens-sessions-");
        File.WriteAllBytes(Path.Combine(_folder.FullName, Data), new byte[64]);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [Test]
    public unsafe void Weight_ChangedInMemory_ChangesWhatIsComputed()
    {
        var weight = Weight(1, 2, 3, 4);
        using var session = Open(Product, weight);
        Assert.That(Run(session, "y"), Is.EqualTo(new float[] { 4, 6 }));

        *(float*)weight.Address = 11;

        Assert.That(Run(session, "y"), Is.EqualTo(new float[] { 14, 6 }), "the session reads the memory that it was given");
    }

    [Test]
    public unsafe void Weight_ReadThroughAConstantNode_IsNotFolded()
    {
        // An optimiser would transpose the weight once and keep the copy.
        var weight = Weight(1, 2, 3, 4);
        using var session = Open(Graph().Node("Transpose", "wt", ["w"], "perm", 1, 0).Node("MatMul", "y", ["x", "wt"]).Output("y", "wt"), weight);
        Assert.That(Run(session, "y"), Is.EqualTo(new float[] { 3, 7 }));

        *(float*)weight.Address = 11;

        Assert.That(Run(session, "y"), Is.EqualTo(new float[] { 13, 7 }));
        Assert.That(Run(session, "wt"), Is.EqualTo(new float[] { 11, 3, 2, 4 }));
    }

    [Test]
    public void Weight_HeldByItsSessionOnly_OutlivesCollections()
    {
        const int Length = 100_000;
        var graph = new TinyGraph().Input("x", [1]).Weight("w", [Length], Data).Node("Mul", "y", ["x", "w"]).Output("y");
        var sessions = Enumerable.Range(0, 20).Select(at => Open(graph, new PinnedWeight("w", new Tensor("w", Enumerable.Repeat((float)at, Length).ToArray(), Length)))).ToList();
        for (var round = 0; round < 3; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();

            // What was freed is written over.
            var rubbish = Enumerable.Range(0, 40).Select(_ => GC.AllocateArray<float>(Length + 16, pinned: true)).ToList();
            rubbish.ForEach(array => Array.Fill(array, float.NaN));
        }

        for (var at = 0; at < sessions.Count; at++)
        {
            var y = sessions[at].Run(new Dictionary<string, GraphArray> { ["x"] = new(new[] { 1f }, [1]) }, ["y"])[0]!;
            Assert.That(((float[])y.Values).Distinct(), Is.EqualTo(new[] { (float)at }));
            sessions[at].Dispose();
        }
    }

    [Test]
    public void Weight_OfTwoSessions_OutlivesTheFirst()
    {
        var weight = Weight(1, 2, 3, 4);
        using var second = Open(Product, weight);
        using (var first = Open(Graph().Node("Mul", "y", ["x", "w"]).Output("y"), weight))
        {
            Assert.That(Run(first, "y"), Is.EqualTo(new float[] { 1, 2, 3, 4 }));
        }

        Assert.That(Run(second, "y"), Is.EqualTo(new float[] { 4, 6 }));
    }

    [Test]
    public void Map_DisposedAfterItsSessions_LeavesNothingThatReadsIt()
    {
        var file = Path.Combine(_folder.FullName, "mapped.data");
        File.WriteAllBytes(file, [.. new[] { 1f, 2f, 3f, 4f }.SelectMany(BitConverter.GetBytes)]);
        for (var round = 0; round < 20; round++)
        {
            using var map = new MappedFile(file);
            using var session = Open(Product, new StoredWeight("w", ElementType.Float, [2, 2], map, 0));
            Assert.That(Run(session, "y"), Is.EqualTo(new float[] { 4, 6 }));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Weight_OfManyBytes_IsNotCopied(bool transposed)
    {
        // A matrix that prepacking would copy whole; the pages of the map do not count as the process's own.
        const int Side = 4096;
        const long Bytes = 4L * Side * Side;
        var file = Path.Combine(_folder.FullName, $"large-{transposed}.data");
        using (var stream = File.Create(file))
        {
            stream.SetLength(Bytes);
        }

        using var map = new MappedFile(file);
        var graph = new TinyGraph().Input("x", [1, Side]).Weight("w", [Side, Side], Data);
        graph = transposed ? graph.NodeWith("Gemm", "y", ["x", "w"], "transB", 1) : graph.Node("MatMul", "y", ["x", "w"]);
        var before = OwnBytes();

        using var session = Open(graph.Output("y"), new StoredWeight("w", ElementType.Float, [Side, Side], map, 0));
        var y = session.Run(new Dictionary<string, GraphArray> { ["x"] = new(new float[Side], [1, Side]) }, ["y"])[0]!;

        Assert.That(y.Shape, Is.EqualTo(new[] { 1, Side }));
        Assert.That(OwnBytes() - before, Is.LessThan(Bytes / 2));
    }

    [Test]
    public void TransposedTensors_ThatAreOutputsToo_AreRight()
    {
        // The library's transpose optimiser moves a Transpose through what follows and has lost broadcasts where its result is an output.
        var graph = new TinyGraph().Input("x", [2, 2]).Constant("b", [2], 10, 20)
            .Node("Transpose", "t", ["x"], "perm", 1, 0).Node("Add", "s", ["t", "b"]).Node("Transpose", "u", ["s"], "perm", 1, 0).Node("MatMul", "p", ["u", "t"])
            .Output("t", "s", "u", "p");
        using var session = new GraphSession(graph.Bytes, [], _folder.FullName);

        Assert.That(Run(session, "t", [1, 2, 3, 4]), Is.EqualTo(new float[] { 1, 3, 2, 4 }));
        Assert.That(Run(session, "s", [1, 2, 3, 4]), Is.EqualTo(new float[] { 11, 23, 12, 24 }));
        Assert.That(Run(session, "u", [1, 2, 3, 4]), Is.EqualTo(new float[] { 11, 12, 23, 24 }));
        Assert.That(Run(session, "p", [1, 2, 3, 4]), Is.EqualTo(new float[] { 35, 81, 71, 165 }));
    }

    [TestCase("no-such-file.data")]
    [TestCase("../weights.data")]
    public void DataFile_MissingOrOutsideTheFolder_IsRefusedThoughTheWeightIsHandedOver(string file) => Assert.That(
        () => new GraphSession(new TinyGraph().Input("x", [2, 2]).Weight("w", [2, 2], file).Node("MatMul", "y", ["x", "w"]).Output("y").Bytes, [Weight(1, 2, 3, 4)], _folder.FullName),
        Throws.TypeOf<GraphSessionException>());

    private static TinyGraph Product => Graph().Node("MatMul", "y", ["x", "w"]).Output("y");

    private static TinyGraph Graph() => new TinyGraph().Input("x", [-1, 2]).Weight("w", [2, 2], Data);

    private static PinnedWeight Weight(params float[] values) => new("w", new Tensor("w", values, 2, 2));

    private GraphSession Open(TinyGraph graph, ModelWeight weight) => new(graph.Bytes, [weight], _folder.FullName);

    /// <summary>An output where x is a row of ones, or the rows that are given.</summary>
    private static float[] Run(GraphSession session, string output, params float[] x)
    {
        var rows = x.Length == 0 ? [1, 1] : x;
        return (float[])session.Run(new Dictionary<string, GraphArray> { ["x"] = new(rows, [rows.Length / 2, 2]) }, [output])[0]!.Values;
    }

    /// <summary>Memory of the process that no file stands behind.</summary>
    private static long OwnBytes()
    {
        GC.Collect();
        const string Line = "RssAnon:";
        if (!OperatingSystem.IsLinux())
        {
            return Process.GetCurrentProcess().PrivateMemorySize64;
        }

        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Line, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Line.Length..^"kB".Length], CultureInfo.InvariantCulture);
    }
}
