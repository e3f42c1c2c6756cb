using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>One plugin: a folder <c>NAME/</c> with <c>NAME.dll</c> in it. Reading it loads nothing.</summary>
internal static class PluginFolder
{
    /// <summary>Whether a folder holds the assembly that bears its name.</summary>
    /// <param name="folder">Absolute, without a separator at its end.</param>
    public static bool IsPlugin(string folder) => File.Exists(Assembly(folder));

    /// <summary>The analyses of a plugin, and what is wrong with it; nothing of either for a folder without any .dll.</summary>
    /// <param name="folder">Absolute, without a separator at its end.</param>
    /// <param name="reserved">Option names that no analysis may have.</param>
    /// <param name="looksAtOptions">Whether records of options are looked at.</param>
    public static (IReadOnlyList<PluginEntry> Entries, IReadOnlyList<PluginFault> Faults) Read(string folder, IReadOnlySet<string> reserved, bool looksAtOptions)
    {
        var name = Path.GetFileName(folder);
        try
        {
            if (!IsPlugin(folder))
            {
                string[] others = [.. Directory.EnumerateFiles(folder, "*.dll").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).Take(3)];
                return ([], others.Length == 0 ? [] : [new PluginFault(folder, $"'{folder}': expected '{name}.dll', found {string.Join(", ", others)}; a plugin's folder bears the name of its assembly.")]);
            }

            using var file = Open(Assembly(folder));
            var plugin = new PluginMetadata(file, name, looksAtOptions ? reserved : null);
            var analyses = plugin.Analyses;
            if ((WrongContract(folder, name, plugin.Contract) ?? plugin.Fault) is { } fault)
            {
                return ([], [new PluginFault(folder, fault, [.. analyses.Select(analysis => analysis.Id)])]);
            }

            return (
                [.. analyses.Where(analysis => analysis.Fault is null).Select(analysis => Entry(folder, plugin, analysis, reserved))],
                [.. analyses.Where(analysis => analysis.Fault is not null).Select(analysis => new PluginFault(folder, $"Plugin '{name}': {analysis.Fault}", [analysis.Id]))]);
        }
        catch (Exception error) when (error is BadImageFormatException or IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or TypeLoadException or OverflowException)
        {
            return ([], [new PluginFault(folder, $"Plugin '{name}': '{Assembly(folder)}' is not a .NET assembly that can be read ({OneLine.Of(error.Message)}); build it again, or copy its whole folder.")]);
        }
    }

    /// <summary>A file as an assembly; the caller disposes it.</summary>
    /// <param name="path">Anything but an assembly is a <see cref="BadImageFormatException"/>.</param>
    private static PEReader Open(string path)
    {
        var file = new PEReader(RegularFile.Open(path, SizeLimit.None));
        try
        {
            return file.HasMetadata ? file : throw new BadImageFormatException("it has no .NET metadata");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Every assembly that a plugin brings runs on the host's contract, not the plugin's own alone: a library that wants a newer one would miss a method later.</summary>
    private static string? WrongContract(string folder, string name, Version? own)
    {
        if (Newer($"Plugin '{name}'", own) is { } fault)
        {
            return fault;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*.dll", SearchOption.AllDirectories).Where(path => path != Assembly(folder)).Order(StringComparer.Ordinal))
        {
            try
            {
                using var file = Open(path);
                if (Newer($"Plugin '{name}': its '{Path.GetFileName(path)}'", ContractReference.Of(file.GetMetadataReader())) is { } wrong)
                {
                    return wrong;
                }
            }
            catch (BadImageFormatException)
            {
                // A native library, or nothing that the plugin can load.
            }
        }

        return null;
    }

    private static string? Newer(string who, Version? built) => built is null || ContractReference.Supports(built) ? null
        : $"{who} was built against {ContractReference.Name} {built.ToString(2)}; this host offers {ContractReference.HostVersion.ToString(2)}. Rebuild the plugin or install a matching host.";

    private static PluginEntry Entry(string folder, PluginMetadata plugin, DeclaredAnalysis analysis, IReadOnlySet<string> reserved) => new()
    {
        Id = analysis.Id,
        Title = analysis.Title,
        Answers = analysis.Answers,
        Source = analysis.Source,
        Version = plugin.Version,
        ContractVersion = plugin.Contract!,
        TypeName = analysis.TypeName,
        Folder = folder,
        Reserved = reserved,
    };

    private static string Assembly(string folder) => Path.Combine(folder, $"{Path.GetFileName(folder)}.dll");
}
