using System.Globalization;

namespace PluginLens.Host;

/// <summary>The working directory and the cultures, which belong to the whole process: as they were before a plugin's code, so they are after it.</summary>
internal sealed class Surroundings : IDisposable
{
    private readonly string _directory = Environment.CurrentDirectory;
    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;
    private readonly CultureInfo _uiCulture = CultureInfo.CurrentUICulture;
    private readonly CultureInfo? _defaultCulture = CultureInfo.DefaultThreadCurrentCulture;
    private readonly CultureInfo? _defaultUiCulture = CultureInfo.DefaultThreadCurrentUICulture;

    /// <summary>As before.</summary>
    public void Dispose()
    {
        CultureInfo.CurrentCulture = _culture;
        CultureInfo.CurrentUICulture = _uiCulture;
        CultureInfo.DefaultThreadCurrentCulture = _defaultCulture;
        CultureInfo.DefaultThreadCurrentUICulture = _defaultUiCulture;
        if (Directory.Exists(_directory))
        {
            Environment.CurrentDirectory = _directory;
        }
    }
}
