using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PluginLens.Standins.Tests.OnnxRuntime;

/// <summary>Weights handed over instead of read from a file.</summary>
public sealed unsafe class InitializerTests
{
    private const string DataFile = "zeros.data";
    private static readonly long[] Shape = [2, 3];
    private string folder = "";

    /// <summary>The library wants the file to exist, in the model's folder, but does not read what it is handed over.</summary>
    [OneTimeSetUp]
    public void WriteZeros()
    {
        folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, $"initializers-{Guid.NewGuid():N}")).FullName;
        File.WriteAllBytes(Path.Combine(folder, DataFile), new byte[24]);
    }

    [OneTimeTearDown]
    public void RemoveZeros() => Directory.Delete(folder, recursive: true);

    [Test]
    public void AddInitializer_OverCallersMemory_IsUsedWithoutCopy()
    {
        var memory = (float*)NativeMemory.AlignedAlloc(6 * sizeof(float), 64);
        try
        {
            TinyModel.Weights.CopyTo(new Span<float>(memory, 6));
            using var options = Options();
            using var value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, TensorElementType.Float, Shape, (nint)memory, 6 * sizeof(float));
            options.AddInitializer("W", value);
            using var session = new InferenceSession(TinyModel.WithExternalWeights(DataFile), options);

            Assert.That(RowOf(session), Is.EqualTo(new float[] { 11, 22, 33 }));
            memory[0] = 5;
            Assert.That(RowOf(session), Is.EqualTo(new float[] { 15, 22, 33 }), "the session reads the caller's memory");
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    [Test]
    public void Session_WithoutInitializer_ReadsTheFile()
    {
        using var options = Options();
        using var session = new InferenceSession(TinyModel.WithExternalWeights(DataFile), options);

        Assert.That(RowOf(session), Is.EqualTo(new float[] { 0, 0, 0 }));
    }

    [TestCase("no-such-file.data")]
    [TestCase("../zeros.data")]
    public void Session_WithDataFileMissingOrOutsideTheFolder_IsRefusedEvenWithInitializer(string file)
    {
        using var options = Options();
        using var value = OrtValue.CreateTensorValueFromMemory((float[])TinyModel.Weights.Clone(), Shape);
        options.AddInitializer("W", value);

        Assert.That(() => new InferenceSession(TinyModel.WithExternalWeights(file), options), Throws.TypeOf<OnnxRuntimeException>());
    }

    private SessionOptions Options()
    {
        var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        return options;
    }

    private static float[] RowOf(InferenceSession session)
    {
        using var options = new RunOptions();
        using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1 }, [1, 2]);
        using var results = session.Run(options, ["x"], [x], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
