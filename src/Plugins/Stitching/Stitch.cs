namespace PluginLens.Plugins.Stitching;

/// <summary>
/// Two models without a common layer, joined through their common vocabulary: states H of the first model (the donor) after n blocks become
/// <c>H K</c>, <c>K = E_Aᵀ (E_Bᵀ)⁺ = (E_AᵀE_B)(E_BᵀE_B)⁻¹</c>, and enter the last blocks of the second (the receiver). For every n: how often the receiver's classifier
/// then finds the label, or, where it has none, how often its next token is the true one. Dar et al., "Analyzing Transformers in Embedding Space", section 5.2.
/// </summary>
[Analysis("stitch", "One model's first blocks on another's last",
    Answers = "Maps hidden states between models through the shared vocabulary and measures what the second model makes of them.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 5.2")]
[Holds(Verdict.Approximate, Trait.PostNorm, "states between the blocks are normed, so there is no final norm to apply to them")]
[ReadsModels(3)]
[Writes("stitch", typeof(StitchRow), When = "with texts")]
public sealed class Stitch : Analysis<StitchOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, StitchOptions options)
    {
        var (donor, tuned) = (context.Model, context.RequireSecondModel());
        var (a, b) = (donor.Config, tuned.Config);
        var last = options.Last ?? Math.Min(3, b.NLayers);
        var blocks = options.Blocks.Of(a.NLayers + 1, "block");
        Check(context, options, last, blocks);
        using var changed = options.Subtract ? Subtraction.Of(tuned, context.Models[2], last) : null;
        var receiver = changed ?? tuned;
        var seam = new Seam
        {
            Donor = donor,
            Blocks = blocks[0],
            Map = Kernel(context, options).ToMatrix(),
            Last = last,
            LnF = options.LnF && a.FinalNorm && !a.Traits.Contains(Trait.PostNorm),
            AddPositions = options.AddPositions,
            Facts = Facts(context, options),
        };
        context.Results.Note($"first n blocks of '{a.Name}', K ({a.DModel} x {b.DModel}), last {last} of {b.NLayers} blocks of '{b.Name}'{(options.Subtract ? $" minus those of '{context.Models[2].Config.Name}'" : string.Empty)}");
        context.Results.Note(NoteLine.Of(
            $"final norm of the donor {(seam.LnF ? "on" : "off")}",
            $"{Embeds(tuned)} of the receiver {(options.AddPositions ? "added" : "not added")}",
            $"weights {a.ProcessingName} and {b.ProcessingName}"));

        // Before anything is written: labels may not fit the classifier.
        var reader = options.Write is null || context.Prompts.Count > 0 ? StitchReader.For(receiver, context.RequirePrompts()) : null;
        if (options.Write is { } folder)
        {
            receiver.WriteStitched(folder, seam);
            context.Results.Note($"wrote the stitched model with n = {seam.Blocks} to '{folder}'");
        }

        if (reader is not null)
        {
            Measure(context, seam, receiver, reader, blocks);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, StitchOptions options)
    {
        var (donor, receiver) = (context.Model, context.RequireSecondModel());
        var (a, b) = (donor.Config, receiver.Config);
        var last = options.Last ?? Math.Min(3, b.NLayers);
        var blocks = options.Blocks.Of(a.NLayers + 1, "block");
        Check(context, options, last, blocks);
        double d1 = a.DModel, d2 = b.DModel, rows = Math.Min(a.DVocab, b.DVocab) + (options.PositionsInKernel ? Math.Min(a.NCtx, b.NCtx) : 0);
        var kernel = new Cost((2 * rows * d2 * (d1 + d2)) + (12 * d2 * d2 * d2) + (2 * d1 * d2 * d2), (sizeof(double) * ((2 * d1 * d2) + (4 * d2 * d2))) + (options.PositionsInKernel ? sizeof(float) * rows * (d1 + d2) : 0));
        var logits = !receiver.HasWeight("classifier.W");
        Cost OfPrompt(Prompt prompt)
        {
            double n = Math.Min(prompt.Tokens.Length, Math.Min(a.NCtx, b.NCtx));
            var stitched = Costs.Sum(Costs.Product(n, d1, d2), Costs.Forward(b, n, last, logits), new Cost(0, sizeof(float) * n * (d1 + (logits ? b.DVocab : d2))));
            return Costs.Sum(
                Costs.Forward(a, n, blocks.Max(), logits: false),
                new Cost(0, sizeof(float) * blocks.Count * n * d1),
                Costs.InTurn(Costs.Forward(b, n, b.NLayers, logits), Costs.Times(blocks.Count, stitched)));
        }

        var prompts = options.Write is null ? context.RequirePrompts() : context.Prompts;
        var block = ((2.0 * (b.NHeads + b.KeyValueHeads)) * b.DHead * d2) + (3.0 * b.DMlp * d2);
        return Costs.Sum(
            Costs.Widened(donor),
            Costs.Widened(receiver),
            kernel,
            Costs.SideBySide(context, prompts.Select(OfPrompt)),
            options.Subtract ? new Cost(last * block, 2 * sizeof(float) * last * block) : Costs.None,
            Costs.Rows<StitchRow>(blocks.Count));
    }

    private static void Check(AnalysisContext context, StitchOptions options, int last, IReadOnlyList<int> blocks)
    {
        var receiver = context.SecondModel!;
        var b = receiver.Config;
        if (last < 1 || last > b.NLayers)
        {
            throw new UsageException($"--last {last}: model '{b.Name}' has {b.NLayers} blocks; expected 1 to {b.NLayers}.");
        }

        if (options.AddPositions && (!receiver.HasWeight("pos_embed.W_pos") || b.Positions == "shortformer"))
        {
            throw new UsageException($"--add-positions: model '{b.Name}' adds no position embeddings to its stream; leave the option out.");
        }

        if (options.Subtract != context.Models.Count > 2)
        {
            throw new UsageException(options.Subtract
                ? "--subtract needs the receiver as it was before its tuning; give it as the third --model."
                : "The third --model is read by --subtract only; add that, or give two models.");
        }

        if (options.Write is { } folder && blocks.Count != 1)
        {
            throw new UsageException($"--write '{folder}' writes one stitched model, but --blocks selects {blocks.Count}; give one number, e.g. --blocks {blocks[0]}.");
        }

        if (options.Write is { } taken && Path.Exists(taken))
        {
            throw new UsageException($"--write '{taken}': it exists; give a new folder.");
        }
    }

    private static Dictionary<string, string> Facts(AnalysisContext context, StitchOptions options)
    {
        var facts = new Dictionary<string, string> { ["positions_in_kernel"] = options.PositionsInKernel ? "true" : "false" };
        if (options.Subtract)
        {
            facts["subtract"] = context.Models[2].Config.Name;
            facts["subtract_sha256"] = context.Models[2].Sha256 ?? string.Empty;
        }

        return facts;
    }

    /// <summary>Every prompt, every n.</summary>
    private static void Measure(AnalysisContext context, Seam seam, Model receiver, StitchReader reader, IReadOnlyList<int> blocks)
    {
        var (donor, a, b) = (seam.Donor, seam.Donor.Config, receiver.Config);
        var itself = StitchReader.For(context.SecondModel!, context.Prompts);
        var input = $"blocks.{b.NLayers - seam.Last}.hook_resid_pre";
        var norm = seam.LnF ? ModelNorm.Final(donor) : null;
        context.Results.Note($"answers come from {reader.Description}");
        string[] hooks = [.. blocks.Select(block => Seam.StateOf(a, block))];
        var (own, hits, agreed) = (0, new int[blocks.Count], new int[blocks.Count]);
        var judged = 0;
        foreach (var (index, answers) in InOrder.Of(context, context.Prompts.Count, Answers, Bytes).Index())
        {
            context.Progress.Report(new Progress(index, context.Prompts.Count, "prompts"));
            judged += answers.Truth.Length;
            own += Equal(answers.Alone, answers.Truth);
            for (var at = 0; at < answers.Found.Length; at++)
            {
                hits[at] += Equal(answers.Found[at], answers.Truth);
                agreed[at] += Equal(answers.Found[at], answers.Alone);
            }
        }

        Report(context, blocks, hits, agreed, own, judged);

        // The largest array on the way is that of the logits.
        long Bytes(int index) => sizeof(float) * (long)context.Prompts[index].Tokens.Length * b.DVocab;

        // What is right for a prompt, what the receiver says by itself, and what it says for every n.
        (int[] Truth, int[] Alone, int[][] Found) Answers(int index)
        {
            var prompt = context.Prompts[index];
            var tokens = prompt.Tokens[..Math.Min(prompt.Tokens.Length, Math.Min(a.NCtx, b.NCtx))];
            var truth = reader.Truth(prompt, tokens);
            if (truth.Length == 0)
            {
                return ([], [], []); // A single token has no next one to predict.
            }

            var states = donor.Run(new ModelInput(tokens), hooks.Distinct().ToList());
            int[][] found = [.. hooks.Select(hook =>
            {
                var mapped = Mapped(context, states[hook][0].AsMatrix(), seam.Map, norm);
                var entering = new Tensor("hook_embed", mapped, 1, tokens.Length, b.DModel);
                entering = seam.AddPositions ? Embedded(receiver, tokens, entering) : entering;
                return reader.Read(new ModelInput(tokens) { Replace = new Dictionary<string, Tensor> { [input] = entering } });
            })];
            return (truth, itself.Read(new ModelInput(tokens)), found);
        }
    }

    /// <summary>The map from the donor's states to the receiver's.</summary>
    private static Matrix64 Kernel(AnalysisContext context, StitchOptions options)
    {
        var (donor, receiver) = (context.Model, context.SecondModel!);
        var count = SharedVocabulary.Count(donor, receiver, context.Results.Note);
        var (one, two) = (donor.WE.Slice(0, count), receiver.WE.Slice(0, count));
        if (!options.PositionsInKernel)
        {
            return context.Compute.StitchKernel(one, two);
        }

        if (!donor.HasWeight("pos_embed.W_pos") || !receiver.HasWeight("pos_embed.W_pos"))
        {
            throw new UsageException("--positions-in-kernel: both models need position embeddings; leave the option out.");
        }

        var positions = Math.Min(donor.Config.NCtx, receiver.Config.NCtx);
        Matrix Stacked(Matrix rows, Model model) => Under(rows, model.Weight("pos_embed.W_pos").AsMatrix().Slice(0, positions));
        return context.Compute.StitchKernel(Stacked(one, donor), Stacked(two, receiver));
    }

    private static Matrix Under(Matrix top, Matrix bottom)
    {
        var stacked = new float[(top.Rows + bottom.Rows) * top.Columns];
        for (var row = 0; row < top.Rows + bottom.Rows; row++)
        {
            var (source, index) = row < top.Rows ? (top, row) : (bottom, row - top.Rows);
            source.CopyRow(index, stacked.AsSpan(row * top.Columns, top.Columns));
        }

        return new Matrix(stacked, top.Rows + bottom.Rows, top.Columns);
    }

    /// <summary>H K, <c>[pos, d_model of the receiver]</c>.</summary>
    private static float[] Mapped(AnalysisContext context, Matrix states, Matrix kernel, ModelNorm? norm)
    {
        var normed = new float[states.Rows * states.Columns];
        for (var row = 0; row < states.Rows; row++)
        {
            var target = normed.AsSpan(row * states.Columns, states.Columns);
            states.CopyRow(row, target);
            norm?.Apply(target, target);
        }

        return context.Compute.Multiply(new Matrix(normed, states.Rows, states.Columns), kernel).Data.ToArray();
    }

    /// <summary>What the receiver makes of states that stand in for its token embeddings, as Hugging Face's <c>inputs_embeds</c> do: positions, token types (0), the norm over all.</summary>
    private static Tensor Embedded(Model receiver, int[] tokens, Tensor states)
    {
        const string first = "blocks.0.hook_resid_pre";
        return receiver.Run(new ModelInput(tokens) { Replace = new Dictionary<string, Tensor> { ["hook_embed"] = states } }, [first])[first];
    }

    /// <summary>For the notes: what the receiver adds to token embeddings.</summary>
    private static string Embeds(Model receiver)
    {
        string?[] parts = ["positions", receiver.HasWeight("token_type_embed.W_token_type") ? "token types" : null, receiver.HasWeight("embed.ln.w") ? "embedding norm" : null];
        return string.Join(", ", parts.Where(part => part is not null));
    }

    private static void Report(AnalysisContext context, IReadOnlyList<int> blocks, int[] hits, int[] agreed, int own, int judged)
    {
        if (judged == 0)
        {
            throw new UsageException("No prompt has a next token to predict; give texts of at least two tokens.");
        }

        var table = context.Results.Table<StitchRow>("stitch");
        for (var at = 0; at < blocks.Count; at++)
        {
            table.Add(new StitchRow(blocks[at], hits[at] / (double)judged, agreed[at] / (double)judged, own / (double)judged, judged));
        }

        context.Results.Figure("stitch", new Chart(
            "Accuracy of the stitched model", "blocks of the donor", "accuracy", [.. blocks.Select(block => $"{block}")],
            [new Series("stitched", [.. hits.Select(hit => (double?)hit / judged)]), new Series("receiver alone", [.. hits.Select(_ => (double?)own / judged)])]));
    }

    private static int Equal(int[] first, int[] second) => first.Zip(second).Count(pair => pair.First == pair.Second);
}

/// <summary>One stitched model.</summary>
/// <param name="Blocks">Blocks of the donor before the seam.</param>
/// <param name="Accuracy">Share of right answers, 0 to 1.</param>
/// <param name="Agreement">Share of answers that the receiver alone gives too.</param>
/// <param name="Receiver">Share of right answers of the receiver alone.</param>
/// <param name="Judged">Answers: texts with a classifier, positions without.</param>
public sealed record StitchRow(int Blocks, double Accuracy, double Agreement, double Receiver, int Judged);

/// <summary>Options of <c>stitch</c>.</summary>
public sealed record StitchOptions
{
    /// <summary>Where the donor is cut.</summary>
    [Help("Numbers of donor blocks before the seam: all (0 to its number of layers), 3, 0,2-4; 0 = its embeddings.")]
    public Selection Blocks { get; init; } = Selection.All;

    /// <summary>Blocks of the receiver.</summary>
    [Help("Last blocks of the receiver that are kept; default: 3, or all where there are fewer.")]
    public int? Last { get; init; }

    /// <summary>Final norm of the donor.</summary>
    [Help("Apply the donor's final norm to its states before the map, as the authors' code does by side effect.")]
    public bool LnF { get; init; }

    /// <summary>Positions of the receiver.</summary>
    [Help("Add the receiver's position embeddings to the mapped states, as the authors' code does by side effect; where it has them its token types and embedding norm too.")]
    public bool AddPositions { get; init; }

    /// <summary>Positions in the kernel.</summary>
    [Help("Stack the position embeddings under the token embeddings when the map is computed.")]
    public bool PositionsInKernel { get; init; }

    /// <summary>Tuned minus original.</summary>
    [Help("Give the receiver's last blocks, norms apart, and its classifier the weights tuned - original; the original receiver is the third --model.")]
    public bool Subtract { get; init; }

    /// <summary>A stitched model to keep.</summary>
    [Help("Write the stitched model as a new model folder; --blocks must be one number. Prompts may then be left out.")]
    public string? Write { get; init; }
}
