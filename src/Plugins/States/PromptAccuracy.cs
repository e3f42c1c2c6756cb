using System.Text;

namespace PluginLens.Plugins.States;

/// <summary>
/// How well a model predicts a text: for each prefix the token that it holds likeliest and the one that follows, with its rank and its loss <c>-log p</c>. A text of T tokens has T - 1
/// to compare; the last prefix has a prediction alone. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("prompt-accuracy", "How well a text is predicted",
    Answers = "For each prefix of a prompt, what the model predicts, what follows, and how often they agree.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "nothing is predicted from a prefix by a model that reads both ways")]
[Writes("prompt-accuracy", typeof(PredictedToken))]
[Writes("accuracy", typeof(Accuracy))]
public sealed class PromptAccuracy : Analysis<PromptAccuracyOptions>
{
    /// <summary>Positions whose logits are held at a time.</summary>
    private const int Block = 64;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, PromptAccuracyOptions options)
    {
        var (model, prompts, document) = (context.Model, context.RequirePrompts(), new StringBuilder());
        options.Check(model);
        var lens = new LensReading(model, context.Compute, StateNorm.Final);
        var table = context.Results.Table<PredictedToken>("prompt-accuracy", groupBy: 1);
        var summary = context.Results.Table<Accuracy>("accuracy");
        context.Results.Note(NoteLine.Of("losses in nats, over the whole vocabulary", $"weights {model.Config.ProcessingName}"));
        foreach (var batch in PromptBatches.Run(context, model, prompts, [lens.LastHook], most: 1))
        {
            var (tokens, states, rows) = (batch.Prompts[0].Tokens, batch.Activations[lens.LastHook][0].AsMatrix(), new List<PredictedToken>());
            foreach (var positions in Enumerable.Range(0, tokens.Length).Chunk(Block))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var found = lens.Distributions(lens.Logits(lens.Last(states, positions)));
                rows.AddRange(positions.Select((position, at) => Row(found, at, position)));
            }

            PredictedToken Row(Distributions found, int at, int position)
            {
                var best = found.Best(at);
                var row = new PredictedToken(batch.First, position, model.Token(tokens[position]), model.Token(best), Math.Exp(found.Log(at, best)), null, null, null, null);
                return position + 1 == tokens.Length ? row
                    : row with { Next = model.Token(tokens[position + 1]), Hit = best == tokens[position + 1], Rank = found.Rank(at, tokens[position + 1]), Loss = -found.Log(at, tokens[position + 1]) };
            }

            rows.ForEach(table.Add);
            var hits = rows.Count(row => row.Hit == true);
            summary.Add(new Accuracy(batch.First, hits, tokens.Length - 1, tokens.Length > 1 ? hits / (tokens.Length - 1.0) : null, rows.Average(row => row.Loss)));
            if (tokens.Length > 1)
            {
                context.Results.Figure($"loss-{batch.First}", new Chart(
                    $"Loss of each token of prompt {batch.First}", "token", "nats", PromptLabels.Of(model, tokens, Enumerable.Range(1, tokens.Length - 1)),
                    [new Series("loss", [.. rows.SkipLast(1).Select(row => row.Loss)])], AsBars: true));
            }

            if (options.Layout == Layout.Document)
            {
                document.Append(document.Length == 0 ? string.Empty : "\n");
                rows.ForEach(row => document.Append(DocumentText.Line($"{model.Tokenizer!.Decode(tokens[..(row.Position + 1)])}|{row.Predicted.Text}|")));
            }
        }

        if (options.Layout == Layout.Document)
        {
            DocumentText.Write(context, "prompt-accuracy-document.txt", document);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, PromptAccuracyOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false),
                Costs.Product(prompt.Tokens.Length, config.DModel, config.DVocab) with { Bytes = LensReading.BytesOf(config, Block) },
                new Cost(0, 2.0 * sizeof(float) * prompt.Tokens.Length * config.DModel)))),
            Costs.Rows<Accuracy>(prompts.Count),
            Costs.Rows<PredictedToken>(prompts.Sum(prompt => prompt.Tokens.Length)));
    }
}

/// <summary>What is predicted of a prefix, and what follows.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position of the prefix's last token, from 0.</param>
/// <param name="Input">The token there.</param>
/// <param name="Predicted">The likeliest next token.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Next">The token that follows; none after the last.</param>
/// <param name="Hit">Whether it is the predicted one.</param>
/// <param name="Rank">Its rank among all tokens, 1 = best.</param>
/// <param name="Loss">-log of its probability, in nats.</param>
public sealed record PredictedToken(int Prompt, int Position, Token Input, Token Predicted, double Probability, Token? Next, bool? Hit, int? Rank, double? Loss);

/// <summary>A prompt as a whole.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Hits">Tokens that were predicted.</param>
/// <param name="Compared">Of how many: all but the first.</param>
/// <param name="Share">Hits over compared; none for a single token.</param>
/// <param name="Loss">Mean loss, in nats; none for a single token.</param>
public sealed record Accuracy(int Prompt, int Hits, int Compared, double? Share, double? Loss);

/// <summary>Options of <c>prompt-accuracy</c>.</summary>
public sealed record PromptAccuracyOptions
{
    /// <summary>Layout.</summary>
    [Help("document: also a file with each prefix and what is predicted of it between bars, as McCormick prints them; needs --out.")]
    public Layout Layout { get; init; }

    /// <summary>Refuses a layout that the model cannot give.</summary>
    /// <param name="model">The model.</param>
    internal void Check(Model model)
    {
        if (Layout == Layout.Document && model.Tokenizer is not { Unreadable: null })
        {
            throw new UsageException($"--layout document: model '{model.Config.Name}' has no tokenizer that decodes, so a prefix has no text; leave the option out.");
        }
    }
}
