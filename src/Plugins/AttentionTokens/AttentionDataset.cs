using System.Globalization;
using System.Text.Json;
using PluginLens.Files;

namespace PluginLens.Plugins.AttentionTokens;

/// <summary>The dataset of attention tokens, one column of it, cell by cell: read from a stored run, or computed. Rows stream; nothing is held.</summary>
internal static class AttentionDataset
{
    private const string Analysis = "attention-tokens";

    /// <summary>One cell.</summary>
    /// <param name="Layer">Layer.</param>
    /// <param name="Head">Query head.</param>
    /// <param name="Prompt">Index of the prompt.</param>
    /// <param name="I">Query.</param>
    /// <param name="J">Key.</param>
    /// <param name="Input">The token at the query.</param>
    /// <param name="Attn">Attention weight.</param>
    /// <param name="Token">What the component reads as.</param>
    internal readonly record struct Cell(int Layer, int Head, int Prompt, int I, int J, int Input, double Attn, int Token);

    /// <summary>The cells of the heads chosen, prompt by prompt, then by layer, head, query and key.</summary>
    /// <param name="context">The run; it gets a note of where they come from.</param>
    /// <param name="options">From where, and which column.</param>
    public static IEnumerable<Cell> Read(AnalysisContext context, DatasetOptions options)
    {
        if (options.From.Length > 0)
        {
            return Stored(context, options);
        }

        var reader = new AttentionTokenReader(context, options, [options.Component]);
        var prompts = TokensOfAttention.Prompts(context, options);
        context.Results.Note(NoteLine.Of($"{options.Component.ToString().ToLowerInvariant()} of {Counted.Of(prompts.Count, "prompt")}", reader.Description));
        return reader.Read(prompts).SelectMany(cells => cells.Places.Select(at => new Cell(
            cells.Layer, cells.Head, cells.Prompt, at.I, at.J, cells.Tokens[at.I], cells.Attn[(at.I * cells.Tokens.Length) + at.J], cells.Id(options.Component, at.I, at.J)!.Value)));
    }

    /// <summary>What that costs.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">From where, and which column.</param>
    public static Cost CostOf(AnalysisContext context, DatasetOptions options) =>
        options.From.Length > 0 ? new Cost(0, 1 << 20) : TokensOfAttention.CostOf(context, options, [options.Component]);

    private static IEnumerable<Cell> Stored(AnalysisContext context, DatasetOptions options)
    {
        Check(context, options);
        var path = Path.Combine(options.From, $"{Analysis}.csv");
        if (!File.Exists(path) && File.Exists(Path.ChangeExtension(path, ".parquet")))
        {
            throw new UsageException($"--from '{options.From}': its tables are Parquet alone; run {Analysis} with --tables csv or both.");
        }

        return Opened(path, context, options);
    }

    private static void Check(AnalysisContext context, DatasetOptions options)
    {
        try
        {
            using var run = JsonDocument.Parse(RegularFile.Text(Path.Combine(options.From, "run.json"), SizeLimit.RunRecord));
            string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            var (root, model) = (run.RootElement, run.RootElement.GetProperty("model"));
            if (Text(root, "plugin") != Analysis)
            {
                throw new UsageException($"--from '{options.From}' is a run of '{Text(root, "plugin")}'; expected one of {Analysis}.");
            }

            if (Text(root, "status") != "complete")
            {
                throw new UsageException($"--from '{options.From}': that run broke off ({Text(root, "status")}); take it up again with --resume.");
            }

            if (Text(model, "name") != context.Model.Config.Name || (Text(model, "sha256") is { } hash && context.Model.Sha256 is { } own && hash != own))
            {
                throw new UsageException($"--from '{options.From}' was run on model '{Text(model, "name")}'{(Text(model, "name") == context.Model.Config.Name ? " with other weights" : string.Empty)}; this is '{context.Model.Config.Name}': give the same --model.");
            }

            context.Results.Note(NoteLine.Of(
                $"{options.Component.ToString().ToLowerInvariant()} of the run in {options.From}",
                root.TryGetProperty("notes", out var notes) ? notes.EnumerateArray().Select(note => note.GetString()).FirstOrDefault(note => note?.StartsWith("vectors through", StringComparison.Ordinal) == true) : null));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--from '{options.From}' is not the folder of a run: {error.Message}", error);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UsageException($"--from '{options.From}': its run.json cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static IEnumerable<Cell> Opened(string path, AnalysisContext context, DatasetOptions options)
    {
        var config = context.Model.Config;
        HashSet<int> layers = [.. options.Layer.Of(config.NLayers, "layer")], heads = [.. options.Head.Of(config.NHeads, "head")];
        using var reader = new StreamReader(Opened(path));
        var (line, at) = (0, Array.Empty<int>());
        using var records = CsvRecords.Read(reader).GetEnumerator();
        while (Next(records, path, ++line))
        {
            var record = records.Current;
            if (line == 1)
            {
                string[] wanted = ["layer", "head", "prompt", "i", "j", "input_id", "attn", $"{options.Component.ToString().ToLowerInvariant()}_id"];
                at = Array.ConvertAll(wanted, name => Array.IndexOf(record, name));
                if (Array.IndexOf(at, -1) is >= 0 and var lacking)
                {
                    throw new UsageException($"'{path}' has no column '{wanted[lacking]}'; {(lacking == 7 ? $"run {Analysis} with --components {options.Component.ToString().ToLowerInvariant()}." : "it is no dataset of attention tokens.")}");
                }

                continue;
            }

            int Number(int column, int below) => at[column] < record.Length && int.TryParse(record[at[column]], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < below
                ? number
                : throw new UsageException($"'{path}', row {line}: '{(at[column] < record.Length ? record[at[column]] : string.Empty)}' is no number below {below}; the table was changed, or is of another model.");
            var attn = at[6] < record.Length && double.TryParse(record[at[6]], NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && weight is >= 0 and <= 1.001 ? weight
                : throw new UsageException($"'{path}', row {line}: '{(at[6] < record.Length ? record[at[6]] : string.Empty)}' is no attention weight.");
            var cell = new Cell(Number(0, config.NLayers), Number(1, config.NHeads), Number(2, int.MaxValue), Number(3, config.NCtx), Number(4, config.NCtx), Number(5, config.DVocab), attn, Number(7, config.DVocab));
            if (layers.Contains(cell.Layer) && heads.Contains(cell.Head))
            {
                yield return cell;
            }

            if (line % 4096 == 0)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(reader.BaseStream.Position, reader.BaseStream.Length, "rows"));
            }
        }
    }

    private static FileStream Opened(string path)
    {
        try
        {
            return RegularFile.Open(path, SizeLimit.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--from: {error.Message}", error);
        }
    }

    private static bool Next(IEnumerator<string[]> records, string path, int line)
    {
        try
        {
            return records.MoveNext();
        }
        catch (FormatException error)
        {
            throw new UsageException($"'{path}', behind row {line - 1}: {error.Message}.", error);
        }
    }
}
