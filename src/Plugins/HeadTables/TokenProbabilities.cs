using System.Globalization;
using System.Text;
using PluginLens.Files;

namespace PluginLens.Plugins.HeadTables;

/// <summary>
/// How often tokens occur in a text: <c>p = (n / total + 1e-10) / sum</c>, in float64. A line at a time, without the white space around it, special tokens read as
/// text, none put in front; lines without text are left out. Nothing counted: every token is as likely as any other.
/// </summary>
internal sealed class TokenProbabilities
{
    private const double Smoothing = 1e-10;

    private TokenProbabilities(long[] counts, string description)
    {
        (Counts, Total) = (counts, counts.Sum());
        P = Array.ConvertAll(counts, count => (Total == 0 ? 0 : (double)count / Total) + Smoothing);
        var sum = P.Sum();
        for (var id = 0; id < P.Length; id++)
        {
            P[id] /= sum;
        }

        Description = Total == 0 ? $"{description}: tokens equally likely" : $"{description}: {Total} tokens, {counts.Count(count => count > 0)} different";
    }

    /// <summary>Occurrences of each token, <c>[V]</c>.</summary>
    public long[] Counts { get; }

    /// <summary>All occurrences.</summary>
    public long Total { get; }

    /// <summary>Probability of each token, <c>[V]</c>; none is 0.</summary>
    public double[] P { get; }

    /// <summary>A clause for notes.</summary>
    public string Description { get; }

    /// <summary>Every row of W_E equally likely.</summary>
    /// <param name="model">The model.</param>
    public static TokenProbabilities Uniform(Model model) => new(new long[model.Config.DVocab], "no text");

    /// <summary>Counts the tokens of a text.</summary>
    /// <param name="context">Model and cancellation.</param>
    /// <param name="path">The text, UTF-8.</param>
    /// <param name="option">The option, for messages.</param>
    public static TokenProbabilities OfText(AnalysisContext context, string path, string option)
    {
        var model = context.Model;
        var tokenizer = model.Tokenizer ?? throw new UsageException($"--{option} '{path}': model '{model.Config.Name}' has no tokenizer, so text has no tokens; leave the option out.");
        var counts = new long[model.Config.DVocab];
        foreach (var line in Read(path, option, Lines))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (WhiteSpace.Strip(line) is { Length: > 0 } text)
            {
                foreach (var id in tokenizer.EncodePlain(text))
                {
                    counts[id]++;
                }
            }
        }

        var found = new TokenProbabilities(counts, $"text {Path.GetFileName(path)}");
        if (found.Total == 0)
        {
            context.Results.Warn($"--{option} '{path}' holds no text: tokens equally likely");
        }

        return found;
    }

    /// <summary>Takes the counts of a run of <c>token-freq</c>; tokens that it does not list did not occur.</summary>
    /// <param name="model">The model, whose tokens they must be.</param>
    /// <param name="path">The table, <c>token-freq.csv</c>.</param>
    /// <param name="option">The option, for messages.</param>
    public static TokenProbabilities OfTable(Model model, string path, string option)
    {
        var (counts, seen, columns) = (new long[model.Config.DVocab], new bool[model.Config.DVocab], Array.Empty<string>());
        foreach (var row in Read(path, option, CsvRecords.Read))
        {
            if (columns.Length == 0)
            {
                columns = row.Contains("token") && row.Contains("token_id") && row.Contains("count") ? row : throw Wrong($"columns token, token_id and count; found {string.Join(", ", row)}");
                continue;
            }

            string Of(string column) => row.Length == columns.Length ? row[Array.IndexOf(columns, column)] : throw Wrong($"{columns.Length} fields in each row; found {row.Length}");
            if (!int.TryParse(Of("token_id"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= counts.Length || seen[id])
            {
                throw Wrong($"each token_id from 0 to {counts.Length - 1} once; found '{Of("token_id")}'");
            }

            seen[id] = long.TryParse(Of("count"), NumberStyles.None, CultureInfo.InvariantCulture, out counts[id]) ? true : throw Wrong($"counts that are whole numbers; found '{Of("count")}'");
            if (model.Token(id).Text != Of("token"))
            {
                throw Wrong($"tokens of model '{model.Config.Name}', where {id} is '{model.Token(id).Text}'; found '{Of("token")}'");
            }
        }

        return columns.Length > 0 ? new TokenProbabilities(counts, $"table {Path.GetFileName(path)}") : throw Wrong("the table of a token-freq run; found nothing");

        UsageException Wrong(string what) => new($"--{option} '{path}': expected {what}.");
    }

    private static IEnumerable<string> Lines(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>What is read of a file, piece by piece; a file that is not there, or not UTF-8, is an error of the command line.</summary>
    private static IEnumerable<T> Read<T>(string path, string option, Func<TextReader, IEnumerable<T>> parts)
    {
        using var reader = Guarded(() => new StreamReader(RegularFile.Open(path, SizeLimit.None), new UTF8Encoding(false, throwOnInvalidBytes: true)));
        using var each = parts(reader).GetEnumerator();
        while (Guarded(each.MoveNext))
        {
            yield return each.Current;
        }

        TResult Guarded<TResult>(Func<TResult> read)
        {
            try
            {
                return read();
            }
            catch (DecoderFallbackException error)
            {
                throw new UsageException($"--{option} '{path}': expected UTF-8; found bytes that are none.", error);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or FormatException)
            {
                throw new UsageException($"--{option} '{path}': {error.Message}", error);
            }
        }
    }
}
