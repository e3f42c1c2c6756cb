using Microsoft.Playwright;
using PluginLens.Tests.Shared;

namespace PluginLens.Explore.Tests;

/// <summary>The system's Chromium, started once for all tests.</summary>
[SetUpFixture]
public sealed class Browser
{
    private static Chromium? _chromium;

    /// <summary>A window with nothing of another.</summary>
    public static Task<IBrowserContext> Window() => _chromium!.Window(1400, "clipboard-read", "clipboard-write");

    /// <summary>Starts it.</summary>
    [OneTimeSetUp]
    public async Task Start() => _chromium = await Chromium.Start();

    /// <summary>Closes it.</summary>
    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }
}
