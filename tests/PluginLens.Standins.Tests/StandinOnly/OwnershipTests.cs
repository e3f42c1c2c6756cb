using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using PluginLens.Standins.Tests.OnnxRuntime;

namespace PluginLens.Standins.Tests.StandinOnly;

/// <summary>What is disposed of too early is refused or kept alive; the official package leaves that to its user.</summary>
public sealed class OwnershipTests
{
    private static readonly long[] Shape = [2, 3];
    private static readonly string[] X = ["x"];
    private static readonly string[] Y = ["y"];

    [Test]
    public void Run_OfDisposedSessionOrValue_IsRefused()
    {
        var session = new InferenceSession(TinyModel.WithWeights());
        using var options = new RunOptions();
        using var live = OrtValue.CreateTensorValueFromMemory(new float[2], [1, 2]);
        var dead = OrtValue.CreateTensorValueFromMemory(new float[2], [1, 2]);
        dead.Dispose();
        dead.Dispose();

        Assert.That(() => session.Run(options, X, [dead], Y), Throws.TypeOf<ObjectDisposedException>());
        session.Dispose();
        Assert.That(() => session.Run(options, X, [live], Y), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void GetTensorDataAsSpan_AfterDispose_IsRefused()
    {
        var value = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);
        value.Dispose();

        Assert.That(() => value.GetTensorDataAsSpan<float>().Length, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void AddInitializer_ThenDisposeOfValue_LivesAsLongAsTheSession()
    {
        var (session, weights) = Open();
        Collect();
        Assert.That(weights.IsAlive, Is.True, "the session keeps the weights");
        Assert.That(RowOf(session), Is.EqualTo(new float[] { 11, 22, 33 }));

        session.Dispose();
        Collect();
        Assert.That(weights.IsAlive, Is.False, "nothing keeps the weights");
    }

    [Test]
    public void Finalizers_OfSessionAndItsInitializer_RunInAnyOrder()
    {
        for (var i = 0; i < 20; i++)
        {
            Drop();
        }

        Collect();
        Assert.That(RowOf(Open().Session), Is.EqualTo(new float[] { 11, 22, 33 }));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop() => Open();
    }

    /// <summary>A session whose weights were handed over in a value that is disposed of, and over an array that nothing else refers to.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (InferenceSession Session, WeakReference Weights) Open()
    {
        float[] weights = [.. TinyModel.Weights];
        using var options = new SessionOptions();
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        using var value = OrtValue.CreateTensorValueFromMemory(weights, Shape);
        options.AddInitializer("W", value);
        return (new InferenceSession(TinyModel.WithWeights(), options), new WeakReference(weights));
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static float[] RowOf(InferenceSession session)
    {
        using var options = new RunOptions();
        using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1 }, [1, 2]);
        using var results = session.Run(options, X, [x], Y);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
