using System.Reflection;

namespace PluginLens.Host.Tests;

/// <summary>What an isolated analysis tells arrives as it was told, or not at all.</summary>
public sealed class FrameTests
{
    [Test]
    public void Values_KeepTypeAndBits()
    {
        object?[] values = [null, true, false, 7, long.MinValue, 0.1f, 0.1, double.NegativeInfinity, "x\ud800\0", string.Empty, new object?[] { 1, null, "a" }];

        var reader = Sent(Frame.Row, values, FrameWriter.Value);

        var read = (object?[])reader.Value()!;
        Assert.That(read, Is.EqualTo(values));
        Assert.That(read.Select(value => value?.GetType()), Is.EqualTo(values.Select(value => value?.GetType())));
    }

    /// <summary>A property that RunInfo gains has to be carried too; those that the host says itself are named here.</summary>
    [Test]
    public void RunInfo_EveryPropertyArrives_ButWhatTheHostSays()
    {
        var info = new RunInfo
        {
            Plugin = "plugin",
            CommandLine = ["run", "--seed", "3"],
            PluginVersion = "1.2.3",
            PluginSha256 = "ab",
            ContractVersion = "1.1",
            HostVersion = "9.9.9",
            Models = [new ModelIdentity("m", "gpt2", "s", "w", WeightsState.NotRecorded, "raw", "t")],
            InTurn = true,
            Options = new Dictionary<string, object?> { ["k"] = 3, ["p"] = 0.1f, ["list"] = new object?[] { "a", 2L }, ["none"] = null },
            OptionFiles = new Dictionary<string, object?> { ["words"] = "cd" },
            Prompts = 5,
            PromptsSha256 = "ef",
            Inputs = null,
            Seed = 3,
            Device = "cuda",
            DeviceReason = "because",
            Threads = 2,
            Applicability = new Applicability(Verdict.Approximate, ["why"]),
            Notes = ["a note"],
        };
        var read = RunInfoFrame.Read(Sent(Frame.Begun, info, RunInfoFrame.Write));

        string[] hosts = [nameof(RunInfo.Started), nameof(RunInfo.Seconds), nameof(RunInfo.Status), nameof(RunInfo.Error), nameof(RunInfo.Warnings), nameof(RunInfo.Tables)];
        foreach (var property in typeof(RunInfo).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => !hosts.Contains(property.Name)))
        {
            var expected = property.GetValue(info);
            Assert.That(expected, property.Name == nameof(RunInfo.Inputs) ? Is.Null : Is.Not.Null.And.Not.EqualTo(0).And.Not.EqualTo(false), $"{property.Name} has a value here");
            Assert.That(property.GetValue(read), property.Name == nameof(RunInfo.Applicability) ? Has.Property("Reasons").EqualTo(new[] { "why" }) : Is.EqualTo(expected), property.Name);
        }

        Assert.That(read.Applicability.Verdict, Is.EqualTo(Verdict.Approximate));
        Assert.That(RunInfoFrame.Read(Sent(Frame.Begun, info with { Inputs = [] }, RunInfoFrame.Write)).Inputs, Is.Empty);
    }

    [TestCaseSource(nameof(Errors))]
    public void Error_KeepsKindAndMessage(Exception? error, int exitCode)
    {
        var read = ErrorFrame.Read(Sent(Frame.Ended, error, ErrorFrame.Write));

        Assert.That(read?.Message, error is InvalidOperationException ? Does.StartWith("Unexpected InvalidOperationException: another") : Is.EqualTo(error?.Message));
        Assert.That(read?.GetType(), Is.EqualTo(error is InvalidOperationException ? typeof(PluginException) : error?.GetType()));
        Assert.That(ExitCode.Of(read), Is.EqualTo(exitCode));
    }

    [Test]
    public void Message_ThatBreaksOff_IsNone()
    {
        using var whole = new MemoryStream();
        using var writer = new FrameWriter(whole);
        writer.Send(Frame.Note, "a note", FrameWriter.Text);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.That(new FrameReader(new MemoryStream(whole.ToArray()[..length])).Next(), Is.False);
        }
    }

    [Test]
    public void Nonsense_IsRefusedAndNotAllocated()
    {
        Assert.That(() => new FrameReader(new MemoryStream([255, 255, 255, 127])).Next(), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => new FrameReader(new MemoryStream([0, 0, 0, 0])).Next(), Throws.TypeOf<InvalidDataException>());
        var reader = new FrameReader(new MemoryStream([6, 0, 0, 0, (byte)Frame.Row, (byte)Cell.List, 255, 255, 255, 127]));
        Assert.That(reader.Next(), Is.True);
        Assert.That(() => reader.Value(), Throws.TypeOf<InvalidDataException>());
    }

    private static IEnumerable<TestCaseData> Errors() =>
    [
        new(null, 0), new(new UsageException("usage"), 2), new(new ModelException("model"), 2), new(new IOException("input"), 2), new(new OperationCanceledException("cancelled"), 130),
        new(new PluginException("plugin") { ExitCode = 1 }, 1), new(new PluginException("unusable"), 2), new(new InvalidOperationException("another"), 1),
    ];

    private static FrameReader Sent<T>(Frame kind, T value, Action<BinaryWriter, T> write)
    {
        var pipe = new MemoryStream();
        using var writer = new FrameWriter(pipe);
        writer.Send(kind, value, write);
        pipe.Position = 0;
        var reader = new FrameReader(pipe);
        Assert.That(reader.Next(), Is.True);
        Assert.That(reader.Kind, Is.EqualTo(kind));
        return reader;
    }
}
