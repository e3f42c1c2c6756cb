using PluginLens.Tests.Shared;

namespace PluginLens.Report.Tests;

/// <summary>The system's Chromium, started once for all tests, and the reports that they open.</summary>
[SetUpFixture]
public sealed class Browser
{
    private static readonly TemporaryFolder Folder = new();
    private static Chromium? _chromium;

    /// <summary>Folder of run folders of every analysis that runs on one model and one prompt.</summary>
    public static string All => Folder.At("all");

    /// <summary>Report of <see cref="All"/>.</summary>
    public static string AllReport => Folder.At("all.html");

    /// <summary>Report of a run on two models, one that the tests wrote, with texts that want to be code, and one whose neurons are few enough to be drawn.</summary>
    public static string OtherReport => Folder.At("other.html");

    /// <summary>Opens a report; the page fails its test on any error, refusal of the policy or request.</summary>
    /// <param name="report">The file.</param>
    /// <param name="width">Width of the window.</param>
    public static async Task<ReportPage> Open(string report, int width = 1280)
    {
        var context = await _chromium!.Window(width);
        var page = new ReportPage(context, await context.NewPageAsync());
        await page.Open(report);
        return page;
    }

    /// <summary>Runs, reports, browser.</summary>
    [OneTimeSetUp]
    public async Task Start()
    {
        const string Prompt = "The cat sat on the mat and the cat";
        Run("run", "--plugin", "all", "--model", "tiny-gpt2", "--prompt", Prompt, "--out", All, "--quiet");
        Run("run", "--plugin", "align-layers", "--model", "tiny-gpt2", "--model", "tiny-gpt2-b", "--out", Folder.At("align"), "--quiet");
        Run("run", "--plugin", "neuron-texts", "--model", "tiny-gpt2", "--prompt", Prompt, "--neurons", "0.3,1.7", "--out", Folder.At("texts"), "--quiet");
        HostileRun.Write(Folder.At("hostile"));
        Run("report", All, "--out", AllReport);
        Run("report", Folder.At("align"), Folder.At("texts"), Folder.At("hostile"), "--out", OtherReport);
        _chromium = await Chromium.Start();
    }

    /// <summary>Closes the browser.</summary>
    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        Folder.Dispose();
    }

    private static void Run(params string[] arguments)
    {
        var result = Cli.Tests.Cli.Run(arguments);
        Assert.That(result.ExitCode, Is.Zero, $"pluginlens {string.Join(' ', arguments)}: {result.Errors}");
    }
}
