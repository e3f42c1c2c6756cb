namespace PluginLens.Host.Tests;

public sealed class ExitCodeTests
{
    private static IEnumerable<TestCaseData> Ends() =>
    [
        new(null, ExitCode.Success),
        new(new UsageException("u"), ExitCode.Usage),
        new(new ModelException("m"), ExitCode.Usage),
        new(new PluginException("cannot load"), ExitCode.Usage),
        new(new PluginException("threw") { ExitCode = ExitCode.Failed }, ExitCode.Failed),
        new(new FileNotFoundException("f"), ExitCode.Usage),
        new(new UnauthorizedAccessException("a"), ExitCode.Usage),
        new(new OperationCanceledException(), ExitCode.Interrupted),
        new(new InvalidOperationException("bug"), ExitCode.Failed),
    ];

    [TestCaseSource(nameof(Ends))]
    public void Of_EveryKindOfEnd(Exception? error, int code) => Assert.That(ExitCode.Of(error), Is.EqualTo(code));
}
