using System.Diagnostics;
using System.Net.Sockets;

namespace PluginLens.Files.Tests;

public sealed class RegularFileTests
{
    private string _folder = "";

    private string At(string name) => Path.Combine(_folder, name);

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pluginlens-files-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Bytes_OfAFileAndOfALinkToIt_AreWhatItHolds()
    {
        File.WriteAllText(At("file"), "text");
        File.CreateSymbolicLink(At("link"), "file");
        Assert.That((RegularFile.Text(At("file"), 4), RegularFile.Bytes(At("link"), 4), RegularFile.Length(At("link"))), Is.EqualTo(("text", "text"u8.ToArray(), 4L)));
    }

    [Test]
    public void Bytes_BeyondTheLimit_AreRefusedByLengthAndByWhatIsRead()
    {
        File.WriteAllBytes(At("file"), new byte[4097]);
        Assert.That(() => RegularFile.Bytes(At("file"), 4096), Throws.InstanceOf<IOException>().With.Message.Contains("at most 4 KB"));
        if (OperatingSystem.IsLinux())
        {
            // Says that it has no bytes.
            Assert.That(RegularFile.Text("/proc/self/status", SizeLimit.Line), Does.Contain("VmSize"));
            Assert.That(() => RegularFile.Bytes("/proc/self/status", 16), Throws.InstanceOf<IOException>().With.Message.Contains("found more"));
        }
    }

    [Test]
    public void Open_OfWhatIsMissing_SaysSo() => Assert.That(() => RegularFile.Open(At("none"), 4), Throws.InstanceOf<FileNotFoundException>());

    [Test]
    public void Open_OfAFolder_SaysSo() => Assert.That(() => RegularFile.Open(_folder, 4), Throws.InstanceOf<IOException>().With.Message.EndsWith("is a folder; expected a regular file."));

    [Test, Platform("Linux,MacOsX"), CancelAfter(20_000)]
    public async Task Open_OfAPipeADeviceOrASocket_DoesNotWait()
    {
        using (var made = Process.Start("mkfifo", [At("pipe")]))
        {
            await made.WaitForExitAsync();
        }

        File.CreateSymbolicLink(At("link"), At("pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        foreach (var (path, what) in new[] { (At("pipe"), "a named pipe"), (At("link"), "a named pipe"), ("/dev/zero", "a device"), (At("socket"), "a socket") })
        {
            var read = Task.Run(() => RegularFile.Bytes(path, SizeLimit.Line));
            Assert.That(async () => await read.WaitAsync(TimeSpan.FromSeconds(5)), Throws.InstanceOf<IOException>().With.Message.EqualTo($"'{path}' is {what}; expected a regular file."));
        }
    }
}
