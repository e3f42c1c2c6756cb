using System.CommandLine;
using System.IO.Compression;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens plugins</c>: puts plugins into the user's own folder, and takes them out of it.</summary>
internal static class PluginsCommand
{
    private static readonly Argument<string> Source = new("source") { Description = "A plugin's folder NAME with NAME.dll in it, or a package that holds one (a .nupkg or .zip).", HelpName = "FOLDER|NUPKG" };
    private static readonly Argument<string> Installed = new("name") { Description = "Its name, which is that of its folder.", HelpName = "NAME" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace a plugin of the same name." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var install = new Command("install", """
            Copies a plugin into your own plugin folder, where every command finds it.

            Examples:
              pluginlens plugins install my-plugin/bin/Release/net10.0/MyPlugin
              pluginlens plugins install MyPlugin.1.0.0.nupkg --force
            """) { Source, Force };
        install.SetAction(Install);
        var remove = new Command("remove", "Deletes a plugin from your own plugin folder.") { Installed };
        remove.SetAction(Remove);
        var list = new Command("list", "Lists the plugins that are found, with their folders and analyses.");
        list.SetAction(List);
        return new Command("plugins", "Installs, removes and lists plugins.") { install, remove, list };
    }

    private static int List(ParseResult parse)
    {
        var catalog = Plugins.Discover(parse);
        Columns.Print(
            ["plugin", "version", "analyses", "folder"],
            catalog.Entries.GroupBy(entry => entry.Folder).OrderBy(group => group.First().PluginName, StringComparer.Ordinal)
                .Select(group => new[] { group.First().PluginName, group.First().Version, $"{group.Count()}", group.Key }));
        Plugins.ReportFaults(catalog);
        return ExitCode.Success;
    }

    private static int Install(ParseResult parse)
    {
        var source = parse.GetValue(Source)!;
        using var unpacked = File.Exists(source) ? new Unpacked(source) : null;
        var folder = unpacked?.Plugin ?? (Directory.Exists(source) ? Path.GetFullPath(Path.TrimEndingDirectorySeparator(source)) : throw new UsageException($"'{source}' does not exist: expected a plugin's folder, or a .nupkg or .zip file with one."));
        var catalog = PluginCatalog.Discover([folder]);
        if (catalog.Faults is [var fault, ..])
        {
            throw new UsageException($"'{source}' was not installed: {fault.Message}");
        }

        if (catalog.Entries.Count == 0 || catalog.Entries.Select(entry => entry.Folder).Distinct().Count() > 1)
        {
            throw new UsageException($"'{source}': expected the folder NAME of one plugin with NAME.dll in it, found {(catalog.Entries.Count == 0 ? "none" : "several")}.");
        }

        var (entry, name) = (catalog.Entries[0], catalog.Entries[0].PluginName);
        var target = Path.Combine(PluginSearchPath.UserFolder, name);
        if (Directory.Exists(target) && !parse.GetValue(Force))
        {
            throw new UsageException($"Plugin '{name}' is installed in '{target}'; --force replaces it.");
        }

        // Another plugin with the same analyses would make both unusable.
        if (Plugins.Discover(parse).Entries.FirstOrDefault(known => known.Folder != target && catalog.Entries.Any(own => own.Id == known.Id)) is { } taken)
        {
            throw new UsageException($"'{source}' was not installed: its analysis '{taken.Id}' is there already, in '{taken.Folder}'.");
        }

        // Beside its place first: a copy that breaks off is no plugin.
        var partial = Path.Combine(PluginSearchPath.UserFolder, $".{name}.{Path.GetRandomFileName()}");
        try
        {
            Copy(entry.Folder, partial);
            if (Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }

            Directory.Move(partial, target);
        }
        catch
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }

            throw;
        }

        Console.WriteLine($"installed {name} {entry.Version} in {target}");
        Console.WriteLine($"next:  pluginlens {catalog.Entries[0].Id}");
        return ExitCode.Success;
    }

    private static int Remove(ParseResult parse)
    {
        var name = parse.GetValue(Installed)!;
        string[] installed = Directory.Exists(PluginSearchPath.UserFolder) ? [.. Directory.GetDirectories(PluginSearchPath.UserFolder).Select(path => Path.GetFileName(path)!).Where(folder => folder[0] != '.')] : [];
        if (!installed.Contains(name))
        {
            throw new UsageException($"No plugin '{name}' in '{PluginSearchPath.UserFolder}'; {Suggestion.Of(name, installed) ?? (installed.Length == 0 ? "none is installed there." : $"there are {string.Join(", ", installed)}.")}");
        }

        Directory.Delete(Path.Combine(PluginSearchPath.UserFolder, name), recursive: true);
        Console.WriteLine($"removed {name}");
        return ExitCode.Success;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>A package in a temporary folder, for as long as it takes to copy the plugin out of it.</summary>
    private sealed class Unpacked : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pluginlens-");

        public Unpacked(string file)
        {
            try
            {
                ZipFile.ExtractToDirectory(file, _folder.FullName);
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                Dispose();
                throw new UsageException($"'{file}' is not a package that can be read: {error.Message.ReplaceLineEndings(" ")}", error);
            }

            string[] plugins = [.. Directory.EnumerateDirectories(_folder.FullName, "*", SearchOption.AllDirectories).Where(folder => File.Exists(Path.Combine(folder, $"{Path.GetFileName(folder)}.dll")))];
            if (plugins.Length != 1)
            {
                Dispose();
                throw new UsageException($"'{file}': expected one folder NAME with NAME.dll in it, found {(plugins.Length == 0 ? "none" : string.Join(", ", plugins.Select(folder => $"'{Path.GetFileName(folder)}'")))}; pack the plugin's folder as the build leaves it.");
            }

            Plugin = plugins[0];
        }

        public string Plugin { get; } = string.Empty;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
