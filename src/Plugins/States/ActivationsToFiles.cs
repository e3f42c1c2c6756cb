using System.IO.Enumeration;

namespace PluginLens.Plugins.States;

/// <summary>
/// Runs each prompt and writes the activations asked for: one <c>activations.safetensors</c> a prompt with tensors named by
/// hook (and <c>input_ids</c>), or one .npy file a hook. Shapes as in docs/terms.md, batch of one first. Weights too, as float32 whatever the folder stores.
/// </summary>
[Analysis("activations", "Activations to files",
    Answers = "Writes any activations of a prompt, and any weights, by their names, as .safetensors or .npy files.",
    Source = "The way out for every other tool")]
[Holds(Verdict.Exact, "it writes what the model computed")]
[Writes("files", typeof(ActivationFile), When = "with prompts")]
[Writes("tokens", typeof(ActivationToken), When = "with prompts")]
[Writes("weights", typeof(WeightFile), When = "with --weights")]
public sealed class ActivationsToFiles : Analysis<ActivationOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, ActivationOptions options)
    {
        WriteWeights(context, options);
        if (!ReadsPrompts(context, options))
        {
            return;
        }

        var prompts = context.RequirePrompts();
        var hooks = Chosen(context.Model, options.Hooks);
        var (files, table) = (context.Results.Table<ActivationFile>("files"), context.Results.Table<ActivationToken>("tokens", groupBy: 1));
        foreach (var batch in PromptBatches.Run(context, context.Model, prompts, hooks))
        {
            foreach (var (row, prompt) in batch.Prompts.Index())
            {
                var (index, tokens) = (batch.First + row, prompt.Tokens);

                // One prompt gets the plain name; several are numbered from 0.
                var stem = prompts.Count == 1 ? string.Empty : $"-{index}";
                foreach (var (name, write, what) in Files(hook => Alone(batch.Activations[hook], row), hooks, tokens, stem, options.As))
                {
                    context.Results.File(name, write);
                    files.Add(new ActivationFile(index, name, what, tokens.Length, prompt.Text));
                }

                foreach (var (position, token) in tokens.Index())
                {
                    table.Add(new ActivationToken(index, position, context.Model.Token(token)));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, ActivationOptions options)
    {
        var model = context.Model;
        var weights = Weights(model, options.Weights);
        var written = Costs.Sum(
            new Cost(0, sizeof(float) * weights.Sum(name => (double)model.Weight(name).Span.Length)), Costs.Rows<WeightFile>(options.As == ActivationFormat.Npy ? weights.Count : Math.Min(1, weights.Count)));
        if (!ReadsPrompts(context, options))
        {
            return written;
        }

        var hooks = Chosen(model, options.Hooks);
        var layers = hooks.Max(hook => LayerOf(hook, model.Config.NLayers));
        return Costs.Sum(
            written,
            Costs.SideBySide(context, context.RequirePrompts().Select(prompt => Costs.Sum(
                Costs.Forward(model.Config, prompt.Tokens.Length, layers, hooks.Contains("logits")),
                new Cost(0, 2 * sizeof(float) * hooks.Sum(hook => model.Hooks[hook].Aggregate(1.0, (size, extent) => size * Extent(extent, prompt.Tokens.Length))))))),
            Costs.Rows<ActivationToken>(context.RequirePrompts().Sum(prompt => (double)prompt.Tokens.Length)),
            Costs.Rows<ActivationFile>(context.Prompts.Count * (options.As == ActivationFormat.Npy ? hooks.Count : 1)));
    }

    /// <summary>Weights alone need no prompt.</summary>
    private static bool ReadsPrompts(AnalysisContext context, ActivationOptions options) => options.Weights is [] || options.Hooks is not [] || context.Prompts.Count > 0;

    private static void WriteWeights(AnalysisContext context, ActivationOptions options)
    {
        var (model, names) = (context.Model, Weights(context.Model, options.Weights));
        if (names.Count == 0)
        {
            return;
        }

        var table = context.Results.Table<WeightFile>("weights");
        Tensor Read(string name)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            return model.Weight(name);
        }

        if (options.As == ActivationFormat.Safetensors)
        {
            context.Results.File("weights.safetensors", stream => Safetensors.Write(stream, names, Read, []));
            table.Add(new WeightFile("weights.safetensors", Counted.Of(names.Count, "tensor")));
            return;
        }

        foreach (var (at, name) in names.Index())
        {
            context.Progress.Report(new Progress(at, names.Count, name));
            context.Results.File($"{name}.npy", stream => Npy.Write(stream, Read(name)));
            table.Add(new WeightFile($"{name}.npy", name));
        }
    }

    private static List<string> Weights(Model model, string[] patterns) =>
        patterns is ["all"] ? [.. model.WeightNames] : [.. patterns.SelectMany(pattern => Matching(model, model.WeightNames, "--weights", "weight", "blocks.*.attn.W_O", pattern)).Distinct()];

    /// <summary>One prompt of a batch, still with a batch of one in front.</summary>
    private static Tensor Alone(Tensor batch, int row) => batch.Shape[0] == 1 ? batch : new Tensor(batch.Name, batch[row].Data, [1, .. batch.Shape.Skip(1)]);

    /// <summary>How many blocks a hook takes.</summary>
    private static int LayerOf(string hook, int all) => hook.Split('.') is ["blocks", var layer, ..] && int.TryParse(layer, out var number) ? number + 1 : hook.Contains("embed", StringComparison.Ordinal) ? 0 : all;

    private static double Extent(string dimension, int tokens) => int.TryParse(dimension, out var number) ? number : dimension == "batch" ? 1 : tokens;

    private static IEnumerable<(string Name, Action<Stream> Write, string What)> Files(
        Func<string, Tensor> activations, List<string> hooks, int[] tokens, string stem, ActivationFormat format) => format switch
        {
            ActivationFormat.Npy => hooks.Select(hook => ($"{hook}{stem}.npy", (Action<Stream>)(stream => Npy.Write(stream, activations(hook))), hook)),
            _ => [($"activations{stem}.safetensors", stream => Safetensors.Write(stream, hooks, activations, tokens), Counted.Of(hooks.Count, "tensor"))],
        };

    private static List<string> Chosen(Model model, string[] patterns)
    {
        var chosen = patterns is []
            ? [.. model.Hooks.Keys.Where(IsResidualStream)]
            : patterns is ["all"] ? model.Hooks.Keys.ToList() : patterns.SelectMany(pattern => Matching(model, model.Hooks.Keys, "--hooks", "hook", "blocks.*.hook_resid_post", pattern)).Distinct().ToList();
        return chosen.Count > 0 ? chosen : throw new UsageException($"Model '{model.Config.Name}' has no residual-stream hooks; name some with --hooks.");
    }

    private static bool IsResidualStream(string hook) => hook == "logits" || hook.Contains("resid_", StringComparison.Ordinal);

    private static List<string> Matching(Model model, IEnumerable<string> names, string option, string what, string example, string pattern)
    {
        var found = names.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)).ToList();
        return found.Count > 0 ? found : throw new UsageException(
            $"{option} '{pattern}': no such {what} in model '{model.Config.Name}'; {Suggestion.Of(pattern, names) ?? $"'pluginlens inspect {model.Config.Name}' lists them (wildcards such as {example} work)."}");
    }
}

/// <summary>A file written.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="File">Name inside the run folder.</param>
/// <param name="Content">The hook, or how many tensors.</param>
/// <param name="Tokens">Length of the prompt in tokens.</param>
/// <param name="Text">The prompt; null when ids were given.</param>
public sealed record ActivationFile(int Prompt, string File, string Content, int Tokens, string? Text);

/// <summary>What stands at a position of the tensors' axis <c>pos</c>.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Token">The token; the tensor <c>input_ids</c> has the ids too.</param>
public sealed record ActivationToken(int Prompt, int Position, Token Token);

/// <summary>A file of weights.</summary>
/// <param name="File">Name inside the run folder.</param>
/// <param name="Content">The weight, or how many tensors.</param>
public sealed record WeightFile(string File, string Content);

/// <summary>Options of <c>activations</c>.</summary>
public sealed record ActivationOptions
{
    /// <summary>Which.</summary>
    [Help("Hook names separated by commas, with * as wildcard, or 'all'. Default: the residual stream and logits.")]
    public string[] Hooks { get; init; } = [];

    /// <summary>Weights.</summary>
    [Help("Weight names separated by commas, with * as wildcard, or 'all': written as float32, whatever the folder stores. No prompt is needed.")]
    public string[] Weights { get; init; } = [];

    /// <summary>File format.</summary>
    [Help("File format: safetensors (one file a prompt, one for the weights) or npy (one file a hook and prompt, one a weight).")]
    public ActivationFormat As { get; init; }
}

/// <summary>File format of activations.</summary>
public enum ActivationFormat
{
    /// <summary>One file a prompt.</summary>
    Safetensors,

    /// <summary>One file a hook and prompt.</summary>
    Npy,
}
