using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace PluginLens.Hub;

/// <summary>The files of a repository that an import needs.</summary>
/// <param name="Kind">What they are together.</param>
/// <param name="Main">What is imported: the weights of a checkpoint or the index of their shards, a GGUF file or its first part, an ONNX file.</param>
/// <param name="Files">All of them, <paramref name="Main"/> too; shards of an index are known only when it is there.</param>
internal sealed partial record Needed(ModelKind Kind, HubFile Main, IReadOnlyList<HubFile> Files)
{
    private const string Config = "config.json", IndexEnding = ".index.json";
    private const int MostShown = 20;

    /// <summary>The exporter takes the first of these that is there.</summary>
    private static readonly string[] Weights = ["model.safetensors", $"model.safetensors{IndexEnding}", "pytorch_model.bin", $"pytorch_model.bin{IndexEnding}", "model_final.pth"];

    /// <summary>Whether the weights lie in shards that an index names.</summary>
    public bool HasShards => Main.Path.EndsWith(IndexEnding, StringComparison.Ordinal);

    /// <summary>Chooses from what there is.</summary>
    /// <param name="listing">The repository's files.</param>
    /// <param name="repository">Its name, for messages.</param>
    /// <param name="pattern">--file; null = a checkpoint's weights, or the only GGUF file.</param>
    /// <param name="tokenizerFiles">Names of tokenizer files; <c>*</c> stands for any text.</param>
    /// <exception cref="ModelException">Nothing, or not one thing, fits.</exception>
    public static Needed Of(Listing listing, RepositoryName repository, string? pattern, IReadOnlyList<string> tokenizerFiles)
    {
        var files = listing.Files;
        var weights = Weights.Select(name => files.FirstOrDefault(file => file.Path == name)).FirstOrDefault(file => file is not null);
        var models = files.Where(file => IsGguf(file) ? PartNumber(file) is null or 1 : IsOnnx(file)).ToList();
        if (pattern is null)
        {
            var gguf = models.Where(IsGguf).ToList();
            return weights is not null ? Checkpoint(files, weights, repository, tokenizerFiles)
                : gguf.Count == 1 ? Checked(Gguf(files, gguf[0]))
                : models.Count > 0 ? throw new ModelException($"{repository} holds several models; name one with --file: {Shown(files, models)}.")
                : throw new ModelException(Nothing(repository, files));
        }

        var fitting = files.Where(file => file.Path == pattern).ToList();
        fitting = fitting.Count > 0 ? fitting : [.. files.Where(file => FileSystemName.MatchesSimpleExpression(pattern, file.Path) || FileSystemName.MatchesSimpleExpression(pattern, file.Name))];
        var chosen = models.Where(model => fitting.Contains(model) || (PartNumber(model) is not null && Parts(files, model).Any(fitting.Contains))).ToList();
        var meansWeights = weights is not null && fitting.Any(file => file == weights || (weights.Path.EndsWith(IndexEnding, StringComparison.Ordinal) && IsShardOf(file, weights)));
        return (chosen.Count, meansWeights) switch
        {
            (0, true) => Checkpoint(files, weights!, repository, tokenizerFiles),
            (1, false) when IsGguf(chosen[0]) => Checked(Gguf(files, chosen[0])),
            (1, false) => Checked(Onnx(files, chosen[0], tokenizerFiles)),
            (0, false) => throw new ModelException($"{repository} has no model file '{pattern}'; --file takes one of: {Shown(files, weights is null ? models : [weights, .. models])}."),
            _ => throw new ModelException($"--file '{pattern}' fits several models of {repository}: {Shown(files, meansWeights ? [weights!, .. chosen] : chosen)}; name one."),
        };
    }

    /// <summary>The same with the shards that the index names.</summary>
    /// <param name="listing">The repository's files.</param>
    /// <param name="shards">Names of files beside the index.</param>
    public Needed With(Listing listing, IEnumerable<string> shards) => Checked(this with
    {
        Files = [.. Files, .. shards.Select(name => listing.Files.FirstOrDefault(file => file.Path == name) ?? new HubFile(name, null, null))],
    });

    private static Needed Checkpoint(IReadOnlyList<HubFile> files, HubFile weights, RepositoryName repository, IReadOnlyList<string> tokenizerFiles)
    {
        var config = files.FirstOrDefault(file => file.Path == Config) 
            ?? throw new ModelException($"{repository} has weights ({weights.Path}) and no {Config}, which says what model they are: take the repository of the model itself.");
        return Checked(new Needed(ModelKind.Checkpoint, weights, [config, .. Tokenizer(files, string.Empty, tokenizerFiles), weights]));
    }

    private static Needed Gguf(IReadOnlyList<HubFile> files, HubFile first) => new(ModelKind.Gguf, first, PartNumber(first) is null ? [first] : [.. Parts(files, first)]);

    /// <summary>Data that lie outside the file are called after it; the tokenizer lies beside it, or above a folder <c>onnx</c>.</summary>
    private static Needed Onnx(IReadOnlyList<HubFile> files, HubFile model, IReadOnlyList<string> tokenizerFiles)
    {
        var folders = $"/{model.Folder}".EndsWith("/onnx/", StringComparison.Ordinal) ? new[] { model.Folder, model.Folder[..^"onnx/".Length] } : [model.Folder];
        var beside = folders.SelectMany(folder => files.Where(file => file.Path == folder + Config).Concat(Tokenizer(files, folder, tokenizerFiles)));
        return new Needed(ModelKind.Onnx, model, [.. beside, .. files.Where(file => file.Folder == model.Folder && file.Name.StartsWith(model.Name, StringComparison.Ordinal))]);
    }

    private static IEnumerable<HubFile> Tokenizer(IReadOnlyList<HubFile> files, string folder, IReadOnlyList<string> names) =>
        files.Where(file => file.Folder == folder && names.Any(name => FileSystemName.MatchesSimpleExpression(name, file.Name, ignoreCase: false)));

    /// <summary>The parts of a split GGUF file, those too that are not listed: they are missed when they are asked for.</summary>
    private static IEnumerable<HubFile> Parts(IReadOnlyList<HubFile> files, HubFile part)
    {
        var match = PartName().Match(part.Path);
        return Enumerable.Range(1, Number(match, "of")).Select(number => $"{match.Groups["stem"].Value}-{number:d5}-of-{match.Groups["of"].Value}.gguf")
            .Select(path => files.FirstOrDefault(file => file.Path == path) ?? new HubFile(path, null, null));
    }

    /// <summary>Which part of a split file a file is, from 1; null where it is none.</summary>
    private static int? PartNumber(HubFile file) =>
        PartName().Match(file.Path) is { Success: true } match && Number(match, "no") is >= 1 and var number && number <= Number(match, "of") ? number : null;

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static bool IsGguf(HubFile file) => file.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static bool IsOnnx(HubFile file) => file.Path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    private static bool IsShardOf(HubFile file, HubFile index) => ShardName().Match(file.Path) is { Success: true } match && index.Path == $"{match.Groups["stem"].Value}{match.Groups["end"].Value}{IndexEnding}";

    private static Needed Checked(Needed needed) => needed.Files.FirstOrDefault(file => !PlainPath.Is(file.Path)) is not { } odd ? needed
        : throw new ModelException($"The hub lists a file '{odd.Path}', which is no plain relative path; nothing of this repository is fetched.");

    private static string Nothing(RepositoryName repository, IReadOnlyList<HubFile> files) => files.Any(file => file.Path == "adapter_config.json")
        ? $"{repository} holds an adapter and no model: import its base, or export both with export-scripts/export.py --adapter."
        : $"{repository} holds nothing that is imported (safetensors or pytorch_model.bin with a {Config}, GGUF, ONNX); it has {(files.Count == 0 ? "no files" : Shown(files, files))}.";

    private static string Shown(IReadOnlyList<HubFile> all, IReadOnlyList<HubFile> files) =>
        $"{string.Join(", ", files.Take(MostShown).Select(file => Whole(all, file).Shown))}{(files.Count > MostShown ? $" and {files.Count - MostShown} more" : string.Empty)}";

    /// <summary>A first part with the size of all parts.</summary>
    private static HubFile Whole(IReadOnlyList<HubFile> all, HubFile file) => PartNumber(file) == 1 ? file with { Size = Parts(all, file).Sum(part => part.Size) } : file;

    [GeneratedRegex(@"^(?<stem>.+)-(?<no>\d{5})-of-(?<of>\d{5})\.gguf\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartName();

    [GeneratedRegex(@"^(?<stem>model|pytorch_model)-\d+-of-\d+(?<end>\.safetensors|\.bin)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();
}
