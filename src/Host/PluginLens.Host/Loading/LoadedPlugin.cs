using System.Reflection;

namespace PluginLens.Host;

/// <summary>An analysis whose plugin is loaded, in a context of its own.</summary>
public sealed class LoadedPlugin
{
    internal LoadedPlugin(PluginEntry entry, Type analysisType)
    {
        Entry = entry;
        AnalysisType = analysisType;
        OptionsType = OptionsOf(analysisType);
        Options = OptionsType is { } options ? Guard("options", () => Checked(options)) : [];
    }

    /// <summary>What was found.</summary>
    public PluginEntry Entry { get; }

    /// <summary>The class with the analysis's id.</summary>
    public Type AnalysisType { get; }

    /// <summary>Contract version that the plugin was compiled against.</summary>
    public Version ContractVersion => Entry.ContractVersion;

    /// <summary>The record of options, or null for an analysis without.</summary>
    public Type? OptionsType { get; }

    /// <summary>The options with their types, defaults and help.</summary>
    public IReadOnlyList<OptionInfo> Options { get; }

    /// <summary>The tables that it says it fills, with their columns.</summary>
    public IReadOnlyList<TableInfo> Tables => Guard("[Writes]", () => TableInfo.Of(AnalysisType));

    /// <summary>Makes the analysis; once per run.</summary>
    public IAnalysis Create() => Guard("constructor", () => (IAnalysis)Activator.CreateInstance(AnalysisType)!);

    private static Type? OptionsOf(Type analysis)
    {
        for (var type = analysis; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Analysis<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }

    private IReadOnlyList<OptionInfo> Checked(Type options) => OptionRules.Fault(options, Entry.Reserved) is { } fault
        ? throw new PluginException($"Plugin '{Entry.PluginName}': analysis '{Entry.Id}': {fault}")
        : OptionInfo.Of(options);

    private T Guard<T>(string what, Func<T> make)
    {
        try
        {
            using var output = new PluginOutput();
            using var surroundings = new Surroundings();
            return make();
        }
        catch (Exception error) when (error is not PluginException)
        {
            var cause = error;
            while (cause is TargetInvocationException or TypeInitializationException && cause.InnerException is { } inner)
            {
                cause = inner;
            }

            throw new PluginException($"Analysis '{Entry.Id}' failed in its {what}: {cause.GetType().Name}: {OneLine.Of(Said.By(cause))}", error) { ExitCode = 1 };
        }
    }
}
