using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PluginLens.Host;

/// <summary>What the compiled assembly of a plugin says about itself; reading it loads nothing.</summary>
internal sealed class PluginMetadata
{
    private readonly MetadataReader _metadata;
    private readonly string _name;
    private readonly OptionsMetadata? _options;

    /// <summary>Reads an open assembly.</summary>
    /// <param name="file">The assembly; must outlive this.</param>
    /// <param name="name">Name of the plugin, for messages.</param>
    /// <param name="reserved">Option names that no analysis may have; null = records of options are not looked at.</param>
    public PluginMetadata(PEReader file, string name, IReadOnlySet<string>? reserved)
    {
        (_metadata, _name) = (file.GetMetadataReader(), name);
        _options = reserved is null ? null : new OptionsMetadata(file, _metadata, reserved);
        Contract = ContractReference.Of(_metadata);
        Analyses = Contract is null ? [] : Declared();
    }

    /// <summary>Contract version that the plugin was compiled against, or null where it does not refer to the contract.</summary>
    public Version? Contract { get; }

    /// <summary>Classes with <see cref="AnalysisAttribute"/>, faulty ones too.</summary>
    public IReadOnlyList<DeclaredAnalysis> Analyses { get; }

    /// <summary>Version of the plugin: what its project says, without what a build adds behind a plus sign.</summary>
    public string Version
    {
        get
        {
            var assembly = _metadata.GetAssemblyDefinition();
            var written = _metadata.AttributeArguments(assembly.GetCustomAttributes(), nameof(AssemblyInformationalVersionAttribute));
            return written?.ReadSerializedString()?.Split('+')[0] ?? assembly.Version.ToString(3);
        }
    }

    /// <summary>What is wrong with the plugin as a whole, in one line; null where nothing is.</summary>
    public string? Fault
    {
        get
        {
            if (Contract is null)
            {
                return $"Plugin '{_name}' does not refer to {ContractReference.Name}, so it holds no analysis; build it against the contract of this host ({ContractReference.HostVersion.ToString(2)}).";
            }

            if (Analyses.Count > 0)
            {
                return null;
            }

            string[] without = [.. _metadata.TypeDefinitions.Where(type => new AnalysisClass(_metadata, type).Implements == true).Select(_metadata.FullName).Take(3)];
            return $"Plugin '{_name}': no class of '{_name}.dll' has [Analysis(id, title)]; "
                + (without.Length == 0 ? "it has no class that implements IAnalysis either." : $"put it on those that implement IAnalysis: {string.Join(", ", without)}.");
        }
    }

    private List<DeclaredAnalysis> Declared()
    {
        var found = new List<DeclaredAnalysis>();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            if (_metadata.ContractArguments(_metadata.GetTypeDefinition(handle).GetCustomAttributes(), nameof(AnalysisAttribute)) is { } arguments)
            {
                found.Add(Checked(Read(_metadata.FullName(handle), arguments), new AnalysisClass(_metadata, handle)));
            }
        }

        return [.. found.Select(analysis => found.Find(other => other != analysis && other.Id == analysis.Id) is { } twin
            ? analysis with { Fault = $"{analysis.TypeName} and {twin.TypeName} have one id, '{analysis.Id}'; give each its own." }
            : analysis)];
    }

    /// <summary>Two positional texts, then named ones (ECMA-335, II.23.3).</summary>
    private static DeclaredAnalysis Read(string type, BlobReader arguments)
    {
        const byte Property = 0x54, Text = 0x0E;
        string Next() => arguments.ReadSerializedString() ?? string.Empty;
        var analysis = new DeclaredAnalysis(type, Next(), Next(), string.Empty, string.Empty);
        for (var named = arguments.ReadUInt16(); named > 0; named--)
        {
            if ((arguments.ReadByte(), arguments.ReadByte()) is not (Property, Text))
            {
                throw new BadImageFormatException($"[Analysis] of {type} has an argument that is no text");
            }

            analysis = Next() switch
            {
                nameof(AnalysisAttribute.Answers) => analysis with { Answers = Next() },
                nameof(AnalysisAttribute.Source) => analysis with { Source = Next() },
                var unknown => throw new BadImageFormatException($"[Analysis] of {type} has '{unknown}'"),
            };
        }

        return analysis;
    }

    private DeclaredAnalysis Checked(DeclaredAnalysis analysis, AnalysisClass type) => analysis with
    {
        Fault = TextFault(analysis) ?? (type.Fault is { } fault ? $"{analysis.TypeName}, analysis '{analysis.Id}', {fault}" : null)
            ?? (type.Options is { } options && _options?.Fault(options) is { } wrong ? $"analysis '{analysis.Id}': {wrong}" : null),
    };

    private static string? TextFault(DeclaredAnalysis analysis) =>
        !Names.IsKebab(analysis.Id) ? $"the id '{analysis.Id}' of {analysis.TypeName} is not kebab-case (small letters, digits and single hyphens)."
        : analysis.Title.Length == 0 ? $"analysis '{analysis.Id}' has no title; write [Analysis(\"{analysis.Id}\", \"a few words\", Answers = \"...\")]."
        : analysis.Answers.Length == 0 ? $"analysis '{analysis.Id}' does not say what it answers; write [Analysis(\"{analysis.Id}\", \"...\", Answers = \"one or two sentences\")]."
        : null;
}
