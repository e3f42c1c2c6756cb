using System.CommandLine;
using System.Globalization;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Which analyses run in a process of their own, and within which limits. Those of plugins outside the program's own folder do, unless they are trusted.</summary>
internal static class Isolating
{
    /// <summary>Every analysis.</summary>
    public static readonly Option<bool> Isolate = new("--isolate") { Description = "Run the analysis in a process of its own, whatever its plugin. Plugins from outside the program's own folder always do without --trust." };

    /// <summary>None.</summary>
    public static readonly Option<bool> Trust = new("--trust") { Description = "Run plugins from outside the program's own folder in the program itself: without limits, and what ends them ends it." };

    /// <summary>Its memory.</summary>
    public static readonly Option<string?> MaxMemory = new("--max-memory") { Description = "Memory that a process of its own may have beside the mapped weights, such as 4g or 800m; default: three quarters of the machine's.", HelpName = "SIZE" };

    /// <summary>Its time.</summary>
    public static readonly Option<double?> Timeout = new("--timeout") { Description = "Seconds that a process of its own may take; default: as many as it likes.", HelpName = "SECONDS" };

    private const long Least = 64L << 20;

    /// <summary>The options.</summary>
    public static IReadOnlyList<Option> Options { get; } = [Isolate, Trust, MaxMemory, Timeout];

    /// <summary>Refuses what contradicts itself.</summary>
    /// <param name="parse">The command line.</param>
    public static void Check(ParseResult parse)
    {
        if (parse.GetValue(Isolate) && parse.GetValue(Trust))
        {
            throw new UsageException("--isolate and --trust are opposites; give one of them.");
        }

        if (parse.GetValue(Timeout) is { } seconds && seconds is not (> 0 and <= 1e6))
        {
            throw new UsageException("--timeout takes a number of seconds from above 0 to 1000000.");
        }

        Memory(parse);
    }

    /// <summary>Whether an analysis runs in a process of its own.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="entry">The analysis.</param>
    /// <param name="keepsModels">Whether its models stay readable, whatever befalls their files.</param>
    /// <param name="trusts">Whether --trust counts.</param>
    public static bool Applies(ParseResult parse, PluginEntry entry, Func<bool> keepsModels, bool trusts = true) =>
        parse.GetValue(Isolate) || (!(trusts && parse.GetValue(Trust)) && (!Plugins.IsOwn(entry) || !keepsModels()));

    /// <summary>How it does.</summary>
    /// <param name="parse">The command line, for its limits.</param>
    /// <param name="order">What its process is asked.</param>
    public static Isolation With(ParseResult parse, IsolatedOrder order)
    {
        var (program, arguments) = OwnProgram();
        return new Isolation
        {
            Program = program,
            Arguments = [.. arguments, Commands.IsolatedCommand.Name],
            Request = order.ToText(),
            Changed = new ModelFiles(order.ModelsFolder, order.ReadsPrompts, order.Models).Watch(),
            MaxMemory = Memory(parse),
            Timeout = parse.GetValue(Timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    /// <summary>This program, to be started again. Started through 'dotnet pluginlens.dll', it is an argument.</summary>
    public static (string Program, string[] Arguments) OwnProgram() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? (Environment.ProcessPath!, [Path.GetFullPath(Environment.GetCommandLineArgs()[0])]) : (Environment.ProcessPath!, []);

    private static long Memory(ParseResult parse)
    {
        if (parse.GetValue(MaxMemory) is not { } text)
        {
            return Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3, Least);
        }

        var unit = text.Length == 0 ? '?' : char.ToLowerInvariant(text[^1]);
        var shift = unit switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 };
        var digits = shift == 0 ? text : text[..^1];
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= 1L << 40 && number * (1L << shift) is >= Least and <= 1L << 60 and var bytes
            ? (long)bytes
            : throw new UsageException($"--max-memory '{text}': expected a size of at least 64m, such as 800m or 4g.");
    }
}
