using System.CommandLine;

namespace PluginLens.Cli;

/// <summary>Options that several commands share.</summary>
internal static class GlobalOptions
{
    /// <summary>Where to look for plugins first.</summary>
    public static Option<string[]> Plugins { get; } = new("--plugins")
    {
        Description = "Folder with plugins, searched before PLUGINLENS_PLUGINS, your own folder and the program's. May repeat.",
        HelpName = "FOLDER",
        Recursive = true,
    };

    /// <summary>Where to look for models.</summary>
    public static Option<string?> Models { get; } = new("--models")
    {
        Description = "Folder of model folders; default: PLUGINLENS_MODELS, then models/onnx here or in a folder above.",
        HelpName = "FOLDER",
        Recursive = true,
    };

    /// <summary>Stack traces.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show the whole error with its stack trace.",
        Recursive = true,
    };

    /// <summary>An option that is one of the names of an enumeration; its numbers are none.</summary>
    /// <param name="name">With hyphens.</param>
    /// <param name="description">Help.</param>
    /// <param name="helpName">What stands for the value.</param>
    /// <param name="otherwise">Where it is not given.</param>
    public static Option<T> OneOf<T>(string name, string description, string helpName, T otherwise)
        where T : struct, Enum
    {
        var option = new Option<T>(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => otherwise };
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Enum.GetNames<T>().Select(Host.Names.Kebab)]);
        return option;
    }

    /// <summary>Output format of a command.</summary>
    public static Option<string> Format(params string[] formats)
    {
        var option = new Option<string>("--format")
        {
            Description = $"Output on the console: {string.Join(", ", formats)}.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => formats[0],
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }
}
