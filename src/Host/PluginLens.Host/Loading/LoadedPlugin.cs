using System.Reflection;

namespace PluginLens.Host;

/// <summary>A plugin whose assembly is loaded in a context of its own.</summary>
public sealed class LoadedPlugin
{
    internal LoadedPlugin(PluginEntry entry, Type analysisType, Version contractVersion)
    {
        Entry = entry;
        AnalysisType = analysisType;
        ContractVersion = contractVersion;
    }

    /// <summary>What was found.</summary>
    public PluginEntry Entry { get; }

    /// <summary>The one public implementation of <see cref="IAnalysis"/>.</summary>
    public Type AnalysisType { get; }

    /// <summary>Contract version that the plugin was compiled against.</summary>
    public Version ContractVersion { get; }

    /// <summary>The record of options, or null for an analysis without.</summary>
    public Type? OptionsType
    {
        get
        {
            for (var type = AnalysisType; type is not null; type = type.BaseType)
            {
                if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Analysis<>))
                {
                    return type.GetGenericArguments()[0];
                }
            }

            return null;
        }
    }

    /// <summary>The options with their types, defaults and help.</summary>
    public IReadOnlyList<OptionInfo> Options => OptionsType is { } type ? Guard("options", () => OptionInfo.Of(type)) : [];

    /// <summary>Makes the analysis; once per run.</summary>
    public IAnalysis Create() => Guard("constructor", () => (IAnalysis)Activator.CreateInstance(AnalysisType)!);

    private T Guard<T>(string what, Func<T> make)
    {
        try
        {
            using var output = new PluginOutput();
            return make();
        }
        catch (Exception error) when (error is not PluginException)
        {
            var cause = error;
            while (cause is TargetInvocationException or TypeInitializationException && cause.InnerException is { } inner)
            {
                cause = inner;
            }

            throw new PluginException($"Plugin '{Entry.Id}' failed in its {what}: {cause.GetType().Name}: {OneLine.Of(cause.Message)}", error) { ExitCode = 1 };
        }
    }
}
