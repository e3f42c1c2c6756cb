using Microsoft.Playwright;

namespace PluginLens.Report.Tests;

/// <summary>The system's Chromium.</summary>
internal static class Chromium
{
    /// <summary>Starts it.</summary>
    /// <param name="playwright">What drives it.</param>
    public static Task<IBrowser> Launch(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program(), Args = ["--no-sandbox"] });

    private static string Program()
    {
        string?[] known = [Environment.GetEnvironmentVariable("PLUGINLENS_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe"];
        return Array.Find(known, File.Exists) ?? throw new InvalidOperationException("These tests need Chromium (Debian: apt-get install chromium; PLUGINLENS_CHROMIUM names another).");
    }
}
