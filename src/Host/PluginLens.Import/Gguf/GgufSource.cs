using System.Globalization;
using System.Text.RegularExpressions;
using PluginLens.Files;

namespace PluginLens.Import.Gguf;

/// <summary>A model in GGUF: one file, or the parts of a split one, opened by the first.</summary>
internal sealed partial class GgufSource : IDisposable
{
    private GgufSource(IReadOnlyList<GgufFile> files)
    {
        Files = files;
        Tensors = [.. files.SelectMany(f => f.Tensors)];
    }

    /// <summary>The files, in order. The first one has the model's keys.</summary>
    public IReadOnlyList<GgufFile> Files { get; }

    public GgufKeys Keys => Files[0].Keys;

    /// <summary>The tensors of all files.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    public string FileName => Path.GetFileName(Files[0].Path);

    /// <summary>Whether a file begins as GGUF files do.</summary>
    /// <param name="path">Any path.</param>
    public static bool Is(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        Span<byte> head = stackalloc byte[4];
        using var file = RegularFile.Handle(path, SizeLimit.None);
        return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || (RandomAccess.Read(file, head, 0) == head.Length && head.SequenceEqual(GgufHeader.Magic));
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">Its file, or the first part of it.</param>
    /// <exception cref="ModelException">A file is missing, damaged, or not the first part.</exception>
    public static GgufSource Open(string path)
    {
        var files = new List<GgufFile> { GgufFile.Open(path) };
        try
        {
            var parts = files[0].Keys.Count("split.count") ?? 1;
            if (parts > 1)
            {
                AddParts(files, parts);
            }

            return new GgufSource(files);
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in Files)
        {
            file.Dispose();
        }
    }

    private static void AddParts(List<GgufFile> files, int parts)
    {
        var first = files[0].Path;
        var name = Path.GetFileName(first);
        var match = PartName().Match(name);
        if (!match.Success || Number(match, "of") != parts)
        {
            throw new ModelException($"'{name}' says that it is one of {parts} parts (split.count); its name should end in -00001-of-{parts:d5}.gguf. Give " +
                $"the parts the names they were published under.");
        }

        RefuseOrder(files[0], 0, parts, match);
        for (var i = 1; i < parts; i++)
        {
            var path = Path.Combine(Path.GetDirectoryName(first)!, PartOf(match, i, parts));
            files.Add(File.Exists(path) ? GgufFile.Open(path) : throw new ModelException($"'{Path.GetFileName(path)}', part {i + 1} of {parts}, is missing " +
                $"beside '{name}'; download it too."));
            RefuseOrder(files[i], i, parts, match);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in files.SelectMany(f => f.Tensors).Where(t => !names.Add(t.Name)))
        {
            throw new ModelException($"Tensor {Shown.Name(tensor.Name)} is in two parts of '{name}'; the parts are not of one model, or damaged.");
        }

        if (files[0].Keys.Count("split.tensors.count") is { } total && total != names.Count)
        {
            throw new ModelException($"'{name}' says that its parts have {total} tensors together (split.tensors.count), but they have {names.Count}; a " +
                $"part is damaged, or of another model.");
        }
    }

    /// <summary>A part must say itself which one it is.</summary>
    private static void RefuseOrder(GgufFile file, int index, int parts, Match match)
    {
        var name = Path.GetFileName(file.Path);
        var (number, count) = (file.Keys.Count("split.no"), file.Keys.Count("split.count"));
        if (index == 0 && number > 0)
        {
            throw new ModelException($"'{name}' is part {number + 1} of {parts} (split.no {number}); open part 1, '{PartOf(match, 0, parts)}'.");
        }

        if (number != index || count != parts)
        {
            throw new ModelException($"'{name}' should be part {index + 1} of {parts}, but says split.no {number}, split.count {count}; the parts are not " +
                $"of one model, or were renamed.");
        }

        if (index == 0 && Number(match, "no") != 1)
        {
            throw new ModelException($"'{name}' says that it is part 1 of {parts}, its name says part {Number(match, "no")}; give the parts the names they " +
                $"were published under.");
        }
    }

    private static string PartOf(Match match, int index, int parts) => $"{match.Groups["stem"].Value}-{index + 1:d5}-of-{parts:d5}.gguf";

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<stem>.+)-(?<no>\d{5})-of-(?<of>\d{5})\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
