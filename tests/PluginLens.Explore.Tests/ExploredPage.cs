using Microsoft.Playwright;

namespace PluginLens.Explore.Tests;

/// <summary>The page in a window of its own. What went wrong in it is said when it is closed.</summary>
/// <param name="context">Its window.</param>
/// <param name="page">Its page.</param>
/// <param name="faults">What went wrong.</param>
internal sealed class ExploredPage(IBrowserContext context, IPage page, PageFaults faults) : IAsyncDisposable
{
    /// <summary>The page.</summary>
    public IPage Page => page;

    /// <summary>Lines of the console that the test is about.</summary>
    public Predicate<string> Expected { get; init; } = _ => false;

    /// <summary>Opens it.</summary>
    /// <param name="explorer">The server.</param>
    /// <param name="expected">Lines of the console that the test is about.</param>
    public static async Task<ExploredPage> Open(Explorer explorer, Predicate<string>? expected = null)
    {
        var context = await Browser.Window();
        var page = await context.NewPageAsync();
        var faults = await PageFaults.Of(page, request => request.Url.StartsWith($"{explorer.Site}/", StringComparison.Ordinal));
        await page.GotoAsync(explorer.Address);
        await page.WaitForSelectorAsync("html[data-ready]");
        return new ExploredPage(context, page, faults) { Expected = expected ?? (_ => false) };
    }

    /// <summary>Chooses a model and an analysis, and waits for its options.</summary>
    /// <param name="model">The model.</param>
    /// <param name="analysis">The analysis.</param>
    public async Task Choose(string model, string analysis)
    {
        await page.SelectOptionAsync("#model", model);
        await page.Locator($".analysis[data-id={analysis}] input").CheckAsync();
        await page.WaitForFunctionAsync("analysis => document.querySelector('#options').dataset.of === analysis", analysis);
    }

    /// <summary>Types the prompt.</summary>
    /// <param name="text">The prompt.</param>
    public Task Prompt(string text) => page.Locator("textarea").First.FillAsync(text);

    /// <summary>Runs, and waits for the end.</summary>
    /// <returns>What the page says then.</returns>
    public async Task<string> Run()
    {
        var before = await Runs();
        await page.ClickAsync("#run");
        await page.WaitForFunctionAsync("before => Number(document.documentElement.dataset.runs ?? 0) > before", before);
        return await page.TextContentAsync("#status") ?? string.Empty;
    }

    /// <summary>How many runs have ended.</summary>
    public Task<int> Runs() => page.EvaluateAsync<int>("Number(document.documentElement.dataset.runs ?? 0)");

    /// <summary>Texts of the elements that a selector finds.</summary>
    /// <param name="selector">A selector.</param>
    public async Task<IReadOnlyList<string>> Texts(string selector) => await page.Locator(selector).AllTextContentsAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.That(faults.Lines.Where(line => !Expected(line)), Is.Empty);
    }
}
