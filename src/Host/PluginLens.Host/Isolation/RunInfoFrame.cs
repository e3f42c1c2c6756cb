namespace PluginLens.Host;

/// <summary>The provenance of a run as a message: all that the process of the analysis knows. Tables, prompts, time and end are the host's to say.</summary>
internal static class RunInfoFrame
{
    /// <summary>Writes it.</summary>
    public static void Write(BinaryWriter writer, RunInfo info)
    {
        FrameWriter.Value(writer, new object?[]
        {
            info.Plugin, info.CommandLine, info.PluginVersion, info.PluginSha256, info.ContractVersion, info.HostVersion, info.InTurn,
            info.Prompts, info.PromptsSha256, info.Inputs is not null, info.Seed, info.Device, info.DeviceReason, info.Threads,
            (int?)info.Applicability.Verdict, info.Applicability.Reasons, info.Notes,
        });
        FrameWriter.Fields(writer, info.Options);
        FrameWriter.Fields(writer, info.OptionFiles);
        FrameWriter.Value(writer, info.Models.Select(model => new object?[]
        {
            model.Name, model.Architecture, model.Sha256, model.WeightsSha256, (int?)model.Weights, model.Processing, model.TokenizerSha256,
        }));
    }

    /// <summary>Reads it; <see cref="RunInfo.Inputs"/> is null where the prompts are private, else empty.</summary>
    public static RunInfo Read(FrameReader reader)
    {
        var all = (object?[])reader.Value()!;
        var (options, files) = (Values(reader), Values(reader));
        return new RunInfo
        {
            Plugin = (string)all[0]!,
            CommandLine = Texts(all[1]),
            PluginVersion = (string)all[2]!,
            PluginSha256 = (string?)all[3],
            ContractVersion = (string)all[4]!,
            HostVersion = (string)all[5]!,
            InTurn = (bool)all[6]!,
            Prompts = (int)all[7]!,
            PromptsSha256 = (string?)all[8],
            Inputs = (bool)all[9]! ? [] : null,
            Seed = (int)all[10]!,
            Device = (string)all[11]!,
            DeviceReason = (string?)all[12],
            Threads = (int)all[13]!,
            Applicability = new Applicability((Verdict?)(int?)all[14], Texts(all[15])),
            Notes = Texts(all[16]),
            Options = options,
            OptionFiles = files,
            Models = [.. ((object?[])reader.Value()!).Cast<object?[]>().Select(Model)],
        };
    }

    private static ModelIdentity Model(object?[] model) =>
        new((string)model[0]!, (string)model[1]!, (string?)model[2], (string?)model[3], (WeightsState?)(int?)model[4], (string)model[5]!, (string?)model[6]);

    private static Dictionary<string, object?> Values(FrameReader reader) => new(reader.Fields());

    private static string[] Texts(object? list) => [.. ((object?[])list!).Cast<string>()];
}
