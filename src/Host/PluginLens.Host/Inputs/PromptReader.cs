using System.Globalization;

namespace PluginLens.Host;

/// <summary>Turns what the user gave into token ids of a model.</summary>
public static class PromptReader
{
    /// <summary>Reads texts, files and ids, in that order.</summary>
    /// <param name="source">What the user gave.</param>
    /// <param name="model">The model whose tokenizer and sizes count.</param>
    /// <param name="progress">Told how many were read.</param>
    /// <param name="cancellation">Set by Ctrl-C.</param>
    public static IReadOnlyList<Prompt> Read(PromptSource source, Model model, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        var prompts = new PromptStore();
        foreach (var (index, text) in source.Texts.Index())
        {
            prompts.Add(Encode(new TextRow($"--prompt {index + 1}", text, null), source, model, mayCut: false));
        }

        foreach (var file in source.Files)
        {
            var before = prompts.Count;
            foreach (var row in TextFile.Read(file))
            {
                cancellation.ThrowIfCancellationRequested();
                prompts.Add(Encode(row with { Where = $"--prompts {row.Where}" }, source, model, mayCut: true));
                if (prompts.Count % 256 == 0)
                {
                    progress?.Report(new Progress(0, 0, $"{prompts.Count} prompts read"));
                }
            }

            if (prompts.Count == before)
            {
                throw new UsageException($"--prompts '{file}' holds no text.");
            }
        }

        foreach (var (index, recorded) in source.Recorded.Index())
        {
            var where = $"prompt {index + 1} of the run";
            prompts.Add(recorded.Text is { } text
                ? Encode(new TextRow(where, text, recorded.Label), source, model, mayCut: true)
                : new Prompt(null, Checked(where, [.. recorded.Ids ?? []], model.Config), recorded.Label));
        }

        foreach (var ids in source.Ids)
        {
            prompts.Add(new Prompt(null, Parse(ids, model.Config)));
        }

        return prompts;
    }

    /// <summary>A text of a file is cut to the model's context and says so: one long text among many should not stop a run.</summary>
    private static Prompt Encode(TextRow row, PromptSource source, Model model, bool mayCut)
    {
        var tokenizer = model.Tokenizer ?? throw new UsageException($"Model '{model.Config.Name}' has no tokenizer, so it cannot read text; give --ids 1,2,3, or give it one: 'pluginlens attach-tokenizer'.");
        var tokens = tokenizer.Encode(row.Text, source.AddSpecial);
        if (source.AddBeginning)
        {
            var beginning = tokenizer.BosId ?? throw new UsageException($"--bos: the tokenizer of model '{model.Config.Name}' names no beginning token; leave it out.");
            tokens = tokens is [var first, ..] && first == beginning ? tokens : [beginning, .. tokens];
        }

        var cut = mayCut && tokens.Length > model.Config.NCtx;
        if (cut)
        {
            // A closing [SEP] stays: encoders know no text without one.
            var last = tokenizer.IsSpecial(tokens[^1]) ? tokens[^1..] : [];
            tokens = [.. tokens[..(model.Config.NCtx - last.Length)], .. last];
        }

        return new Prompt(row.Text, Checked(row.Where, tokens, model.Config), row.Label) { IsCut = cut };
    }

    private static int[] Parse(string text, ModelConfig config)
    {
        var ids = text.Split(',', StringSplitOptions.TrimEntries).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new UsageException($"--ids '{text}': expected ids separated by commas such as 1,2,3; found '{part}'."));
        return Checked("--ids", [.. ids], config);
    }

    private static int[] Checked(string where, int[] tokens, ModelConfig config)
    {
        if (tokens.Length == 0)
        {
            throw new UsageException($"{where}: the text has no tokens; give at least one.");
        }

        if (tokens.Length > config.NCtx)
        {
            throw new UsageException($"{where}: {tokens.Length} tokens; model '{config.Name}' reads at most {config.NCtx}.");
        }

        var wrong = Array.FindIndex(tokens, id => id < 0 || id >= config.DVocab);
        return wrong < 0 ? tokens : throw new UsageException($"{where}: id {tokens[wrong]} is not in the vocabulary of model '{config.Name}' (0 to {config.DVocab - 1}).");
    }
}
