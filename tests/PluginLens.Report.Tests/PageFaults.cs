using Microsoft.Playwright;

namespace PluginLens.Report.Tests;

/// <summary>What goes wrong in a page: errors, refusals of its policy, requests that it must not make.</summary>
internal sealed class PageFaults
{
    private readonly List<string> _lines = [];

    private PageFaults()
    {
    }

    /// <summary>What was wrong so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Listens from now on.</summary>
    /// <param name="page">A page that nothing was opened in yet.</param>
    /// <param name="mayAsk">Whether the page may make a request.</param>
    public static async Task<PageFaults> Of(IPage page, Func<IRequest, bool> mayAsk)
    {
        var faults = new PageFaults();
        page.Console += (_, message) => faults.Add(message.Type is "error" or "warning", $"console {message.Type}: {message.Text}");
        page.PageError += (_, error) => faults.Add(wrong: true, $"error: {error}");
        page.Dialog += (_, dialog) => faults.Add(wrong: true, $"dialog: {dialog.Message}");
        page.Request += (_, request) => faults.Add(!mayAsk(request) && !request.Url.StartsWith("blob:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal), $"request: {request.Url}");
        await page.AddInitScriptAsync("addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));");
        return faults;
    }

    private void Add(bool wrong, string line)
    {
        if (wrong)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
