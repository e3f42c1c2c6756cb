using Microsoft.Playwright;

namespace PluginLens.Explore.Tests;

/// <summary>The system's Chromium, started once for all tests.</summary>
[SetUpFixture]
public sealed class Browser
{
    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    /// <summary>A window with nothing of another.</summary>
    public static Task<IBrowserContext> Window() => _browser!.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 900 }, ColorScheme = ColorScheme.Light, AcceptDownloads = true, Permissions = ["clipboard-read", "clipboard-write"] });

    /// <summary>Starts it.</summary>
    [OneTimeSetUp]
    public async Task Start()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.Launch(_playwright);
    }

    /// <summary>Closes it.</summary>
    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
