using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PluginLens.Standins.Tests.OnnxRuntime;

public sealed class OrtValueTests
{
    [Test]
    public void CreateTensorValueFromMemory_OfEachType_ReadsBack()
    {
        ReadsBack(TensorElementType.Float, 1.5f, -2f);
        ReadsBack(TensorElementType.Double, 1.5, -2);
        ReadsBack<byte>(TensorElementType.UInt8, 0, 255);
        ReadsBack<sbyte>(TensorElementType.Int8, -128, 127);
        ReadsBack<ushort>(TensorElementType.UInt16, 0, 65535);
        ReadsBack<short>(TensorElementType.Int16, -32768, 32767);
        ReadsBack<uint>(TensorElementType.UInt32, 0, uint.MaxValue);
        ReadsBack(TensorElementType.Int32, int.MinValue, int.MaxValue);
        ReadsBack<ulong>(TensorElementType.UInt64, 0, ulong.MaxValue);
        ReadsBack(TensorElementType.Int64, long.MinValue, long.MaxValue);
        ReadsBack(TensorElementType.Bool, true, false);
    }

    [Test]
    public void CreateTensorValueFromMemory_OverPartOfMemory_StartsThere()
    {
        var data = new float[] { 1, 2, 3, 4, 5 };
        using var value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, data.AsMemory(2), [2]);

        Assert.That(value.GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(new float[] { 3, 4 }));
        value.GetTensorMutableDataAsSpan<float>()[0] = 7;
        Assert.That(data[2], Is.EqualTo(7));
    }

    [Test]
    public void CreateTensorValueFromMemory_OfScalar_HasNoDimensions()
    {
        using var value = OrtValue.CreateTensorValueFromMemory(new long[] { 42 }, []);

        Assert.That(value.GetTensorTypeAndShape().DimensionsCount, Is.Zero);
        Assert.That(value.GetTensorTypeAndShape().ElementCount, Is.EqualTo(1));
        Assert.That(value.GetTensorDataAsSpan<long>().ToArray(), Is.EqualTo(new long[] { 42 }));
    }

    [Test]
    public void CreateTensorValueFromMemory_WithTooLittleMemory_IsInvalidArgument() =>
        Assert.That(
            () => OrtValue.CreateTensorValueFromMemory(new float[4], [2, 3]),
            Throws.TypeOf<OnnxRuntimeException>().With.Message.StartsWith("[ErrorCode:InvalidArgument]"));

    [Test]
    public void CreateTensorValueFromMemory_WithNegativeDimension_IsRefused() =>
        Assert.That(() => OrtValue.CreateTensorValueFromMemory(new float[4], [-1, 2]), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void CreateTensorValueFromMemory_WithShapeBeyondAnyMemory_IsRefused() =>
        Assert.That(() => OrtValue.CreateTensorValueFromMemory(new float[4], [long.MaxValue, 2]), Throws.TypeOf<OverflowException>());

    [Test]
    public void CreateTensorValueFromMemory_OfManagedTypeThatNoTensorHas_IsRefused() =>
        Assert.That(() => OrtValue.CreateTensorValueFromMemory(new char[1], [1]), Throws.TypeOf<OnnxRuntimeException>().With.Message.Contains("System.Char"));

    [Test]
    public void CreateAllocatedTensorValue_Written_ReadsBack()
    {
        using var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Int32, [2, 2]);
        value.GetTensorMutableDataAsSpan<int>().Fill(9);

        Assert.That(value.IsTensor, Is.True);
        Assert.That(value.GetTensorDataAsSpan<int>().ToArray(), Is.EqualTo(new[] { 9, 9, 9, 9 }));
    }

    [Test]
    public void GetTensorDataAsSpan_OfOtherType_SaysWhich()
    {
        using var value = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);

        Assert.That(() => value.GetTensorDataAsSpan<int>().Length, Throws.TypeOf<OnnxRuntimeException>().With.Message.Contains("Int32"));
    }

    [Test]
    public void GetTensorMutableRawData_OfHalves_IsTheirBytes()
    {
        const int float16 = 10;
        Half[] halves = [(Half)0.5f, (Half)(-2f), Half.MaxValue, Half.Epsilon];
        using var session = new InferenceSession(TinyModel.Identity(float16));
        using var options = new RunOptions();
        using var x = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float16, [2, 2]);
        MemoryMarshal.AsBytes(halves.AsSpan()).CopyTo(x.GetTensorMutableRawData());
        using var results = session.Run(options, ["x"], [x], ["y"]);

        Assert.That(results[0].GetTensorTypeAndShape().ElementDataType, Is.EqualTo(TensorElementType.Float16));
        Assert.That(MemoryMarshal.Cast<byte, Half>(results[0].GetTensorMutableRawData()).ToArray(), Is.EqualTo(halves));
    }

    private static void ReadsBack<T>(TensorElementType type, params T[] data)
        where T : unmanaged
    {
        using var value = OrtValue.CreateTensorValueFromMemory(data, [1, data.Length]);
        var info = value.GetTensorTypeAndShape();

        Assert.That(info.ElementDataType, Is.EqualTo(type));
        Assert.That(info.Shape, Is.EqualTo(new long[] { 1, data.Length }));
        Assert.That(value.GetTensorDataAsSpan<T>().ToArray(), Is.EqualTo(data));
    }
}
