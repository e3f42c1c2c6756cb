using Microsoft.Playwright;

namespace PluginLens.Tests.Shared;

/// <summary>The system's Chromium, started once for all tests of an assembly.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Starts it.</summary>
    public static async Task<Chromium> Start()
    {
        var program = Program();
        var playwright = await Playwright.CreateAsync();
        try
        {
            return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] }));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>A light window with nothing of another.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="permissions">What its pages may do without asking.</param>
    public Task<IBrowserContext> Window(int width, params string[] permissions) =>
        _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = ColorScheme.Light, AcceptDownloads = true, Permissions = permissions });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static string Program()
    {
        string?[] known = [Environment.GetEnvironmentVariable("PLUGINLENS_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe"];
        return Array.Find(known, File.Exists) ?? throw new InvalidOperationException("These tests need Chromium (Debian: apt-get install chromium; PLUGINLENS_CHROMIUM names another).");
    }
}
