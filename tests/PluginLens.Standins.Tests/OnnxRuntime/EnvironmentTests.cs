using Microsoft.ML.OnnxRuntime;

namespace PluginLens.Standins.Tests.OnnxRuntime;

public sealed class EnvironmentTests
{
    [Test]
    public void GetVersionString_OfNativeCore_IsThePinnedOne() => Assert.That(OrtEnv.Instance().GetVersionString(), Is.EqualTo("1.29.0"));

    [Test]
    public void GetAvailableProviders_Always_HoldsCpu() => Assert.That(OrtEnv.Instance().GetAvailableProviders(), Does.Contain("CPUExecutionProvider"));

    [Test]
    public void Instance_FromTwoThreads_IsTheSame()
    {
        var instances = Enumerable.Range(0, 8).AsParallel().Select(_ => OrtEnv.Instance()).ToArray();

        Assert.That(instances, Is.All.SameAs(instances[0]));
    }

    [Test]
    public void EnvLogLevel_Set_ReadsBack()
    {
        var environment = OrtEnv.Instance();
        var before = environment.EnvLogLevel;
        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;

        Assert.That(environment.EnvLogLevel, Is.EqualTo(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL));
        environment.EnvLogLevel = before;
    }

    [Test]
    public void AppendExecutionProvider_CUDA_WithoutProvider_FailsAndCpuStillWorks()
    {
        if (Directory.EnumerateFiles(AppContext.BaseDirectory, "*onnxruntime_providers_cuda*").Any())
        {
            Assert.Ignore("The CUDA provider lies beside the tests, so that appending it may succeed.");
        }

        var environment = OrtEnv.Instance();
        var before = environment.EnvLogLevel;
        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        using var options = new SessionOptions();

        Assert.That(() => options.AppendExecutionProvider_CUDA(0), Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:"));
        environment.EnvLogLevel = before;

        using var session = new InferenceSession(TinyModel.WithWeights(), options);
        using var run = new RunOptions();
        using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1 }, [1, 2]);
        using var results = session.Run(run, ["x"], [x], ["y"]);
        Assert.That(results[0].GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(new float[] { 11, 22, 33 }));
    }
}
