using System.IO.Enumeration;

namespace PluginLens.Plugins.States;

/// <summary>
/// Runs each prompt and writes the activations asked for: one <c>activations.safetensors</c> a prompt with tensors named by
/// hook (and <c>input_ids</c>), or one .npy file a hook. Shapes as in docs/terms.md, batch of one first.
/// </summary>
[Analysis("activations", "Activations to files",
    Answers = "Writes any activations of a prompt, named by hook, as .safetensors or .npy files.",
    Source = "The way out for every other tool")]
[Holds(Verdict.Exact, "it writes what the model computed")]
[Writes("files", typeof(ActivationFile))]
public sealed class ActivationsToFiles : Analysis<ActivationOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, ActivationOptions options)
    {
        var prompts = context.RequirePrompts();
        var hooks = Chosen(context.Model, options.Hooks);
        var files = context.Results.Table<ActivationFile>("files");
        foreach (var (index, _, activations) in PromptBatches.Run(context, context.Model, prompts, hooks, most: 1))
        {
            var tokens = prompts[index].Tokens;

            // One prompt gets the plain name; several are numbered from 0.
            var stem = prompts.Count == 1 ? string.Empty : $"-{index}";
            foreach (var (name, write, what) in Files(activations, hooks, tokens, stem, options.As))
            {
                context.Results.File(name, write);
                files.Add(new ActivationFile(index, name, what, tokens.Length, prompts[index].Text));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, ActivationOptions options)
    {
        var (model, hooks) = (context.Model, Chosen(context.Model, options.Hooks));
        var layers = hooks.Max(hook => LayerOf(hook, model.Config.NLayers));
        return Costs.Sum(
            Costs.SideBySide(context, context.RequirePrompts().Select(prompt => Costs.Sum(
                Costs.Forward(model.Config, prompt.Tokens.Length, layers, hooks.Contains("logits")),
                new Cost(0, 2 * sizeof(float) * hooks.Sum(hook => model.Hooks[hook].Aggregate(1.0, (size, extent) => size * Extent(extent, prompt.Tokens.Length))))))),
            Costs.Rows<ActivationFile>(context.Prompts.Count * (options.As == ActivationFormat.Npy ? hooks.Count : 1)));
    }

    /// <summary>How many blocks a hook takes.</summary>
    private static int LayerOf(string hook, int all) => hook.Split('.') is ["blocks", var layer, ..] && int.TryParse(layer, out var number) ? number + 1 : hook.Contains("embed", StringComparison.Ordinal) ? 0 : all;

    private static double Extent(string dimension, int tokens) => int.TryParse(dimension, out var number) ? number : dimension == "batch" ? 1 : tokens;

    private static IEnumerable<(string Name, Action<Stream> Write, string What)> Files(
        PluginLens.Activations activations, List<string> hooks, int[] tokens, string stem, ActivationFormat format) => format switch
        {
            ActivationFormat.Npy => hooks.Select(hook => ($"{hook}{stem}.npy", (Action<Stream>)(stream => Npy.Write(stream, activations[hook])), hook)),
            _ => [($"activations{stem}.safetensors", stream => Safetensors.Write(stream, [.. hooks.Select(hook => activations[hook])], tokens), $"{hooks.Count} tensors")],
        };

    private static List<string> Chosen(Model model, string[] patterns)
    {
        var chosen = patterns is []
            ? [.. model.Hooks.Keys.Where(IsResidualStream)]
            : patterns is ["all"] ? model.Hooks.Keys.ToList() : patterns.SelectMany(pattern => Matching(model, pattern)).Distinct().ToList();
        return chosen.Count > 0 ? chosen : throw new UsageException($"Model '{model.Config.Name}' has no residual-stream hooks; name some with --hooks.");
    }

    private static bool IsResidualStream(string hook) => hook == "logits" || hook.Contains("resid_", StringComparison.Ordinal);

    private static List<string> Matching(Model model, string pattern)
    {
        var found = model.Hooks.Keys.Where(hook => FileSystemName.MatchesSimpleExpression(pattern, hook, ignoreCase: false)).ToList();
        return found.Count > 0 ? found : throw new UsageException(
            $"--hooks '{pattern}': no such hook in model '{model.Config.Name}'; 'pluginlens inspect {model.Config.Name}' lists them (wildcards such as blocks.*.hook_resid_post work).");
    }
}

/// <summary>A file written.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="File">Name inside the run folder.</param>
/// <param name="Content">The hook, or how many tensors.</param>
/// <param name="Tokens">Length of the prompt in tokens.</param>
/// <param name="Text">The prompt; null when ids were given.</param>
public sealed record ActivationFile(int Prompt, string File, string Content, int Tokens, string? Text);

/// <summary>Options of <c>activations</c>.</summary>
public sealed record ActivationOptions
{
    /// <summary>Which.</summary>
    [Help("Hook names separated by commas, with * as wildcard, or 'all'. Default: the residual stream and logits.")]
    public string[] Hooks { get; init; } = [];

    /// <summary>File format.</summary>
    [Help("File format: safetensors (one file a prompt) or npy (one file a hook and prompt).")]
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
