using System.Text.Json;

namespace PluginLens.Host;

/// <summary>What <c>plugin.json</c> says; generated from the plugin's project, so that listing loads no plugin code.</summary>
/// <param name="Id">Kebab-case id of the analysis.</param>
/// <param name="Title">A few words.</param>
/// <param name="Description">One or two sentences.</param>
/// <param name="Paper">Where the analysis comes from; may be empty.</param>
/// <param name="Version">Version of the plugin.</param>
/// <param name="Assembly">File name of its assembly, in the same folder.</param>
internal sealed record PluginManifest(string Id, string Title, string Description, string Paper, string Version, string Assembly)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "plugin.json";

    // A manifest has half a kilobyte; anything much larger is not one.
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a manifest, or throws <see cref="PluginException"/> with one line.</summary>
    /// <param name="path">The file.</param>
    public static PluginManifest Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new PluginException($"'{path}' is larger than {MaxBytes} bytes, so it is no plugin manifest; rebuild the plugin.");
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new PluginException($"'{path}': expected a JSON object, found {json.RootElement.ValueKind}; rebuild the plugin.");
            }

            return Checked(path, json.RootElement);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new PluginException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    private static PluginManifest Checked(string path, JsonElement json)
    {
        var manifest = new PluginManifest(
            Text(path, json, "id"),
            Text(path, json, "title"),
            Text(path, json, "description", optional: true),
            Text(path, json, "paper", optional: true),
            Text(path, json, "version", optional: true),
            Text(path, json, "assembly"));
        if (!Names.IsKebab(manifest.Id))
        {
            throw new PluginException($"'{path}': id '{manifest.Id}' is not kebab-case (small letters, digits and single hyphens).");
        }

        // The assembly lies beside the manifest: a name that leaves the folder is refused.
        if (manifest.Assembly.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || !manifest.Assembly.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            throw new PluginException($"'{path}': assembly '{manifest.Assembly}' must be the plain name of a .dll in the same folder.");
        }

        return manifest;
    }

    private static string Text(string path, JsonElement json, string name, bool optional = false)
    {
        if (!json.TryGetProperty(name, out var value))
        {
            return optional ? string.Empty : throw new PluginException($"'{path}' has no \"{name}\"; rebuild the plugin.");
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new PluginException($"'{path}': \"{name}\" must be a string, found {value.ValueKind}.");
        return optional || text.Length > 0 ? text : throw new PluginException($"'{path}': \"{name}\" is empty.");
    }
}
