using System.Buffers.Binary;
using System.Text;
using PluginLens.Models.Sessions;

namespace PluginLens.Models.Tests.Sessions;

/// <summary>What is said where CUDA is asked for and something is missing: the tests run without a GPU.</summary>
[Platform("Linux")]
public sealed class DeviceChoiceTests
{
    private string _folder = string.Empty;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pluginlens-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void UsualBuild_SaysThatItHasNoCuda_AndHowToGetIt()
    {
        Assert.That(DeviceChoice.Try(Device.Cpu), Is.EqualTo(new DeviceChoice(false, null)));
        Assert.That(DeviceChoice.Try(Device.Auto).Reason, Does.Contain("built without CUDA; PLUGINLENS_GPU=1 ./pluginlens"));
        Assert.That(() => DeviceChoice.Try(Device.Cuda), Throws.TypeOf<ModelException>().With.Message.StartsWith("--device cuda: ").And.Message.Contains("built without CUDA"));
    }

    [Test]
    public void ProviderIsNotThere_IsNamed()
    {
        Assert.That(DeviceChoice.Missing(_folder), Does.StartWith("libonnxruntime_providers_shared.so: "));

        File.WriteAllBytes(Path.Combine(_folder, "libonnxruntime_providers_shared.so"), SharedObject("libc.so.6"));
        Assert.That(DeviceChoice.Missing(_folder), Does.StartWith("libonnxruntime_providers_cuda.so: "));
    }

    [Test]
    public void LibraryThatTheProviderNeedsIsNotThere_IsNamed()
    {
        File.WriteAllBytes(Path.Combine(_folder, "libonnxruntime_providers_shared.so"), SharedObject("libc.so.6"));
        var provider = Path.Combine(_folder, "libonnxruntime_providers_cuda.so");

        File.WriteAllBytes(provider, SharedObject("libcublasLt.so.99"));
        Assert.That(DeviceChoice.Missing(_folder), Is.EqualTo("libonnxruntime_providers_cuda.so: libcublasLt.so.99: cannot open shared object file: No such file or directory"));

        File.Delete(provider);
        File.WriteAllBytes(provider, SharedObject("libc.so.6"));
        Assert.That(DeviceChoice.Missing(_folder), Is.Null);
    }

    /// <summary>A library of this platform (ELF, 64 bits) that has nothing in it and needs another.</summary>
    /// <param name="needed">The file name of the library that it needs.</param>
    private static byte[] SharedObject(string needed)
    {
        const int Dynamic = 64 + (2 * 56), Strings = Dynamic + (6 * 16), Symbols = Strings + 32;
        var file = new byte[Symbols + 24];
        void U16(int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), (ushort)value);
        void U32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        void U64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), value);

        // Header: little-endian, 64 bits, a shared object (3) for this processor, two program headers behind it.
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file, 0);
        U16(16, 3);
        U16(18, System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 183 : 62);
        U32(20, 1);
        U64(32, 64);
        U16(52, 64);
        U16(54, 56);
        U16(56, 2);

        // The whole file is loaded (1), readable and writable; the dynamic section (2) lies in it.
        foreach (var (at, type, from, size) in new[] { (64, 1, 0, file.Length), (120, 2, Dynamic, 6 * 16) })
        {
            U32(at, type);
            U32(at + 4, 6);
            U64(at + 8, from);
            U64(at + 16, from);
            U64(at + 24, from);
            U64(at + 32, size);
            U64(at + 40, size);
            U64(at + 48, type == 1 ? 0x10000 : 8);
        }

        // Needed (1), string table (5) and its size (10), symbol table (6) and the size of a symbol (11), end.
        Encoding.ASCII.GetBytes(needed).CopyTo(file, Strings + 1);
        foreach (var (index, (tag, value)) in new[] { (1, 1), (5, Strings), (10, 32), (6, Symbols), (11, 24) }.Index())
        {
            U64(Dynamic + (16 * index), tag);
            U64(Dynamic + (16 * index) + 8, value);
        }

        return file;
    }
}
