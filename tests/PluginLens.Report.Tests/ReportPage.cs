using Microsoft.Playwright;

namespace PluginLens.Report.Tests;

/// <summary>A report in a window of its own. What went wrong in it is said when it is closed.</summary>
/// <param name="context">Its window.</param>
/// <param name="page">Its page.</param>
public sealed class ReportPage(IBrowserContext context, IPage page) : IAsyncDisposable
{
    private PageFaults? _faults;

    /// <summary>The page.</summary>
    public IPage Page => page;

    /// <summary>Opens a file.</summary>
    /// <param name="report">The report.</param>
    public async Task Open(string report)
    {
        _faults = await PageFaults.Of(page, request => request.Url.StartsWith("file:", StringComparison.Ordinal) && request.ResourceType == "document");
        await page.GotoAsync(new Uri(report).AbsoluteUri);
        await page.WaitForSelectorAsync("html[data-ready]");
    }

    /// <summary>Scrolls to an element and waits until it is drawn.</summary>
    /// <param name="selector">A figure, grid of heads or table.</param>
    public async Task<ILocator> Drawn(string selector)
    {
        var element = page.Locator(selector).First;
        await element.ScrollIntoViewIfNeededAsync();
        await page.WaitForFunctionAsync("selector => document.querySelector(selector).classList.contains('drawn')", selector);
        await element.ScrollIntoViewIfNeededAsync();
        return element;
    }

    /// <summary>Points at a cell of a matrix.</summary>
    /// <param name="figure">Selector of its figure.</param>
    /// <param name="row">Row.</param>
    /// <param name="column">Column.</param>
    /// <param name="click">Whether to click there too.</param>
    public async Task PointAt(string figure, int row, int column, bool click = false)
    {
        var place = await page.EvaluateAsync<double[]>(
            "([figure, row, column]) => { const view = matrices.find(matrix => document.querySelector(figure).contains(matrix.element)); view.view.scrollIntoView({ block: 'center' }); const box = view.canvas.getBoundingClientRect(); return [box.left + view.left + (column + 0.5) * view.cellWidth, box.top + (row + 0.5) * view.cellHeight]; }",
            new object[] { figure, row, column });
        await page.Mouse.MoveAsync((float)place[0], (float)place[1]);
        if (click)
        {
            await page.Mouse.ClickAsync((float)place[0], (float)place[1]);
        }
    }

    /// <summary>Texts of the elements that a selector finds.</summary>
    /// <param name="selector">A selector.</param>
    public async Task<IReadOnlyList<string>> Texts(string selector) => await page.Locator(selector).AllTextContentsAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.That(_faults?.Lines, Is.Empty);
    }
}
