using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PluginLens.Standins.Tests.OnnxRuntime;

public sealed class InferenceSessionTests
{
    private static readonly string[] X = ["x"];
    private static readonly string[] Y = ["y"];
    private static readonly float[] Expected = [21, 42, 63, 43, 86, 129]; // [[1, 2], [3, 4]] W

    [Test]
    public void Names_OfModel_AreItsInputsAndOutputs()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());

        Assert.That(session.InputNames, Is.EqualTo(X));
        Assert.That(session.OutputNames, Is.EqualTo(Y));
    }

    [Test]
    public void Metadata_OfModel_HasTypesAndShapes()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());

        var x = session.InputMetadata["x"];
        Assert.That(x.IsTensor, Is.True);
        Assert.That(x.ElementDataType, Is.EqualTo(TensorElementType.Float));
        Assert.That(x.Dimensions, Is.EqualTo(new[] { -1, 2 }));
        Assert.That(x.SymbolicDimensions, Is.EqualTo(new[] { "batch", "" }));
        Assert.That(session.OutputMetadata["y"].Dimensions, Is.EqualTo(new[] { -1, 3 }));
    }

    [Test]
    public void Run_FromBytes_GivesProduct()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());

        Assert.That(Run(session), Is.EqualTo(Expected));
    }

    [Test]
    public void Run_FromFileWithNameBeyondAscii_GivesProduct()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"modèle-モデル-{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, TinyModel.WithWeights());
        try
        {
            using var session = new InferenceSession(path);
            Assert.That(Run(session), Is.EqualTo(Expected));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Run_WithInputsByName_GivesProduct()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var x = Input();
        using var results = session.Run(options, new Dictionary<string, OrtValue> { ["x"] = x }, Y);

        Assert.That(results, Has.Count.EqualTo(1));
        Assert.That(results[0].GetTensorTypeAndShape().Shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(results.Single().GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(Expected));
    }

    [Test]
    public void Run_IntoProvidedOutput_WritesThere()
    {
        var y = new float[6];
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var x = Input();
        using var output = OrtValue.CreateTensorValueFromMemory(y, [2, 3]);

        session.Run(options, X, [x], Y, [output]);

        Assert.That(y, Is.EqualTo(Expected));
    }

    [Test]
    public void Run_WithNoRows_GivesNoRows()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var x = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [0, 2]);
        using var results = session.Run(options, X, [x], Y);

        Assert.That(results[0].GetTensorTypeAndShape().Shape, Is.EqualTo(new long[] { 0, 3 }));
        Assert.That(results[0].GetTensorDataAsSpan<float>().Length, Is.Zero);
    }

    [Test]
    public void Run_FromManyThreads_GivesProductEachTime()
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(TinyModel.WithWeights(), options);

        var wrong = Enumerable.Range(0, 200).AsParallel().Count(_ => !Run(session).SequenceEqual(Expected));

        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Run_WithEveryOption_GivesProduct()
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_PARALLEL,
            IntraOpNumThreads = 2,
            InterOpNumThreads = 2,
            EnableMemoryPattern = false,
            EnableCpuMemArena = false,
            LogId = "tiny-é",
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddFreeDimensionOverrideByName("batch", 2);
        using var session = new InferenceSession(TinyModel.WithWeights(), options);

        Assert.That(Run(session), Is.EqualTo(Expected));
        Assert.That(session.InputMetadata["x"].Dimensions, Is.EqualTo(new[] { 2, 2 }), "the override fixes the dimension");
    }

    [Test]
    public void Run_WithMissingInput_SaysWhich()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();

        Assert.That(
            () => session.Run(options, [], Array.Empty<OrtValue>(), Y),
            Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:").And.Message.Contains("Missing Input: x"));
    }

    [Test]
    public void Run_WithUnknownNames_SaysWhich()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var x = Input();

        Assert.That(() => session.Run(options, ["nothing-in"], [x], Y), Throws.TypeOf<OnnxRuntimeException>().With.Message.Contains("nothing-in"));
        Assert.That(() => session.Run(options, X, [x], ["nothing-out"]), Throws.TypeOf<OnnxRuntimeException>().With.Message.Contains("nothing-out"));
    }

    [Test]
    public void Run_WithWrongShapeOrType_IsInvalidArgument()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var wide = OrtValue.CreateTensorValueFromMemory(new float[6], [2, 3]);
        using var whole = OrtValue.CreateTensorValueFromMemory(new long[4], [2, 2]);

        foreach (var wrong in new[] { wide, whole })
        {
            Assert.That(() => session.Run(options, X, [wrong], Y), Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:InvalidArgument]"));
        }
    }

    [Test]
    public void Run_WithMoreNamesThanValues_SaysBothCounts()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var x = Input();

        Assert.That(() => session.Run(options, ["x", "z"], [x], Y), Throws.ArgumentException.With.Message.Contains("2").And.Message.Contains("1"));
    }

    [Test]
    public void Run_AfterTerminate_FailsUntilUnset()
    {
        using var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions { Terminate = true };
        using var x = Input();

        Assert.That(() => session.Run(options, X, [x], Y), Throws.TypeOf<OnnxRuntimeException>().With.Message.Contains("terminate"));
        options.Terminate = false;
        using var results = session.Run(options, X, [x], Y);
        Assert.That(results[0].GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(Expected));
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 1, 2, 3, 4 })]
    public void Constructor_WithBytesThatAreNoModel_IsRefused(byte[] bytes) =>
        Assert.That(() => new InferenceSession(bytes), Throws.TypeOf<OnnxRuntimeException>());

    [Test]
    public void Constructor_WithTruncatedModel_IsInvalidProtobuf()
    {
        var whole = TinyModel.WithWeights();

        Assert.That(
            () => new InferenceSession(whole[..(whole.Length / 2)]),
            Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:InvalidProtobuf]"));
    }

    [Test]
    public void Constructor_WithMissingFile_NamesIt() =>
        Assert.That(
            () => new InferenceSession("no-such-model.onnx"),
            Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:NoSuchFile]").And.Message.Contains("no-such-model.onnx"));

    private static OrtValue Input() => OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3, 4 }, [2, 2]);

    private static float[] Run(InferenceSession session)
    {
        using var options = new RunOptions();
        using var x = Input();
        using var results = session.Run(options, X, [x], Y);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
