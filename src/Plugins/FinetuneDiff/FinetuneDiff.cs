using System.Globalization;

namespace PluginLens.Plugins.FinetuneDiff;

/// <summary>
/// What fine-tuning wrote into the weights: for each parameter vector <c>delta = tuned - original</c>, the words of delta and of -delta.
/// First <c>--model</c>: original; second: tuned. "Good" vectors are counted by a proxy: the share of opinion-lexicon words among the top words.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.3 and appendix D.
/// </summary>
[Analysis("finetune-diff", "What fine-tuning changed",
    Answers = "The words of the difference of two models' parameters, and how many of them are opinion words.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.3 and appendix D")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words need a tokenizer")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[ReadsModels(2)]
[Writes("groups", typeof(GroupChange))]
[Writes("finetune-diff", typeof(DiffWord))]
[Writes("classifier", typeof(ClassifierWord), When = "where the tuned model has a classifier, and it changed where both have one")]
[Writes("changed", typeof(ChangedVector), When = "where anything changed")]
public sealed class FinetuneDiff : Analysis<FinetuneDiffOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, FinetuneDiffOptions options)
    {
        var (original, tuned) = (context.Model, context.RequireSecondModel());
        Check(original.Config, tuned.Config, options);
        Comparable(context, original, tuned);
        var sides = new VocabularySides(original, options.Embedding);
        var lexicon = new Lexicon(options.Lexicon);
        var longest = Math.Max(options.K, options.Pool);
        var similar = new SimilarWords(context, options, longest, flagLists: false);
        var summary = context.Results.Table<GroupChange>("groups");
        var table = context.Results.Table<DiffWord>("finetune-diff", groupBy: 3, options.Unasked("DiffLargeNorm", "NegativeLargeNorm", "DiffHighBias", "NegativeHighBias"));
        var (before, after) = (new ParameterVectors(original), new ParameterVectors(tuned));
        var changed = new List<ChangedVector>();
        var layers = options.Layer.Of(original.Config.NLayers, "layer");
        var groups = Groups(before, original.Config, options);

        foreach (var (at, group) in groups.Index())
        {
            foreach (var layer in layers)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(at, groups.Count, $"{ParameterVectors.Name(group)} layer {layer}"));
                var delta = Difference(after.Rows(group, layer), before.Rows(group, layer), out var norms);
                var moved = Enumerable.Range(0, norms.Length).Where(row => norms[row] > 0).ToList();
                changed.AddRange(moved.Select(row => new ChangedVector(0, ParameterVectors.Name(group), layer, row, norms[row])));
                if (moved.Count > 0)
                {
                    Compare(group, layer, delta, norms, moved);
                }
            }
        }

        if (tuned.HasWeight("classifier.W"))
        {
            Classifier(context, options, new VocabularySides(tuned, options.Embedding));
        }

        Report(context, options, changed, $"in every parameter group{(options.Group is [] ? string.Empty : " asked for")}{(layers.Count == original.Config.NLayers ? string.Empty : $" of layers {options.Layer}")}");
        context.Results.Note(NoteLine.Of(sides.Description, $"weights {original.Config.ProcessingName}", lexicon.Description, similar.Description));

        void Compare(ParameterGroup group, int layer, Matrix delta, double[] norms, List<int> moved)
        {
            var writes = ParameterVectors.Writes(group);
            TokenList[] Lists(Matrix vectors, RowOrder order) => similar.Of(sides.Compared(writes), vectors, Similarity.Dot, order);
            var (best, worst) = (Lists(delta, RowOrder.Largest), Lists(delta, RowOrder.Smallest));
            var (still, opposite) = (Lists(before.Rows(group, layer), RowOrder.Largest), Lists(before.Rows(group, layer), RowOrder.Smallest));
            double Share(TokenList[] lists, int row) => lexicon.Share(lists[row].Ids.AsSpan(0, Math.Min(options.Pool, lists[row].Ids.Length)), original);
            var better = moved.ToDictionary(row => row, row => Math.Max(Share(best, row), Share(worst, row)));
            summary.Add(new GroupChange(
                ParameterVectors.Name(group), layer, moved.Count, moved.Average(row => norms[row]), better.Values.Average(), moved.Average(row => Math.Max(Share(still, row), Share(opposite, row))), better.Values.Count(share => share >= options.Good)));
            foreach (var row in Chosen(context, options, norms, moved, better))
            {
                TokenList Shown(TokenList list) => new(list.Ids[..Math.Min(options.K, list.Ids.Length)], list.Scores);
                var (diff, negative) = (Shown(best[row]), Shown(worst[row]));
                for (var rank = 0; rank < diff.Ids.Length; rank++)
                {
                    table.Add(new DiffWord(
                        ParameterVectors.Name(group), layer, row, rank + 1, original.Token(diff.Ids[rank]), diff.Scores[rank], original.Token(negative.Ids[rank]), -negative.Scores[rank],
                        similar.IsLargeNorm(diff.Ids[rank]), similar.IsLargeNorm(negative.Ids[rank]), similar.IsHighBias(diff), similar.IsHighBias(negative)));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, FinetuneDiffOptions options)
    {
        var (original, tuned) = (context.Model, context.RequireSecondModel());
        var config = original.Config;
        Check(config, tuned.Config, options);
        var parameters = new ParameterVectors(original);
        double layers = options.Layer.Of(config.NLayers, "layer").Count, d = config.DModel, kept = Costs.Kept(original, BpeFilters.Mask(original, options));
        var groups = Groups(parameters, config, options);
        var vectors = layers * groups.Sum(group => (double)parameters.Count(group));
        var shown = layers * groups.Sum(group => (double)Math.Min(options.Sample, parameters.Count(group)));
        Cost OfGroup(ParameterGroup group)
        {
            double n = parameters.Count(group);
            return Costs.Times(layers, Costs.Sum(
                SimilarWords.CostOf(original, options, Math.Max(options.K, options.Pool), 4 * n), new Cost(3 * n * d, (4 * sizeof(float) * n * d) + (48 * n))));
        }

        return Costs.Sum(
            Costs.Widened(original),
            Costs.Widened(tuned),
            Costs.InTurn(groups.Select(OfGroup)),
            tuned.HasWeight("classifier.W") ? SimilarWords.CostOf(original, options, options.ClassifierK, tuned.Weight("classifier.W").Shape[1]) : Costs.None,
            Costs.Rows<ChangedVector>(2 * vectors),
            Costs.Rows<GroupChange>(layers * groups.Count),
            Costs.Rows<DiffWord>(shown * Math.Min(options.K, kept)));
    }

    private static List<ParameterGroup> Groups(ParameterVectors parameters, ModelConfig config, FinetuneDiffOptions options)
    {
        var groups = parameters.AllGroups.Where(group => options.Group is [] || options.Group.Contains(group)).ToList();
        return groups.Count > 0 ? groups : throw new UsageException($"--group: model '{config.Name}' has none of these parameter groups.");
    }

    /// <summary>Refuses two models whose vectors do not correspond, and a share that no list reaches.</summary>
    private static void Check(ModelConfig a, ModelConfig b, FinetuneDiffOptions options)
    {
        static string Sizes(ModelConfig c) => $"{c.NLayers} layers, d_model {c.DModel}, {c.NHeads} heads of {c.DHead}, {c.KeyValueHeads} key-value heads, d_mlp {c.DMlp}{(c.GatedMlp ? " gated" : string.Empty)}{(c.AttnOnly ? ", no MLPs" : string.Empty)}, weights {c.ProcessingName}";
        if (Sizes(a) != Sizes(b))
        {
            throw new UsageException($"finetune-diff compares two states of one model: '{a.Name}' has {Sizes(a)}; '{b.Name}' {Sizes(b)}.");
        }

        if (options.Good > 1)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--good {options.Good}: a share is at most 1; expected 0 to 1."));
        }
    }

    /// <summary>Warns where rounding alone makes every vector differ, or where the vocabularies do.</summary>
    private static void Comparable(AnalysisContext context, Model original, Model tuned)
    {
        var (a, b) = (original.Config, tuned.Config);
        var count = SharedVocabulary.Count(original, tuned, context.Results.Note);
        var (one, other) = (a.Metadata.GetValueOrDefault("dtype"), b.Metadata.GetValueOrDefault("dtype"));
        if (one != other)
        {
            context.Results.Warn($"'{a.Name}' is stored as {one}, '{b.Name}' as {other}: differences include rounding, so vectors that did not move seem to");
        }

        if (count < a.DVocab)
        {
            context.Results.Warn($"the models share {count} of {a.DVocab} ids; words are those of '{a.Name}'");
        }
    }

    private static IEnumerable<int> Chosen(AnalysisContext context, FinetuneDiffOptions options, double[] norms, List<int> moved, Dictionary<int, double> shares)
    {
        if (options.Select != DiffSelection.Random)
        {
            return moved.OrderByDescending(row => options.Select == DiffSelection.Lexicon ? shares[row] : norms[row]).ThenBy(row => row).Take(options.Sample);
        }

        var drawn = moved.ToArray();
        context.Random.Shuffle(drawn);
        return drawn.Take(options.Sample).Order();
    }

    /// <summary>Row by row tuned - original, and the length of each difference.</summary>
    private static Matrix Difference(Matrix tuned, Matrix original, out double[] norms)
    {
        var delta = new float[tuned.Rows * tuned.Columns];
        var row = new float[tuned.Columns];
        norms = new double[tuned.Rows];
        for (var at = 0; at < tuned.Rows; at++)
        {
            var target = delta.AsSpan(at * tuned.Columns, tuned.Columns);
            tuned.CopyRow(at, target);
            original.CopyRow(at, row);
            var square = 0.0;
            for (var column = 0; column < row.Length; column++)
            {
                target[column] -= row[column];
                square += (double)target[column] * target[column];
            }

            norms[at] = Math.Sqrt(square);
        }

        return new Matrix(delta, tuned.Rows, tuned.Columns);
    }

    /// <summary>
    /// What tuning made of the classifier, as words: tuned - original where both models have one, else the tuned one's rows. Of two classes the positive (1) stands first, as in the paper.
    /// </summary>
    private static void Classifier(AnalysisContext context, FinetuneDiffOptions options, VocabularySides sides)
    {
        var (rows, moved) = ClassifierRows(context.Model, context.SecondModel!);
        context.Results.Note(!context.Model.HasWeight("classifier.W") ? $"classifier rows on {sides.Name(writes: false)} of the tuned model"
            : moved.Count == 0 ? "the classifiers of the two models are identical"
            : $"differences of classifier rows on {sides.Name(writes: false)} of the tuned model");
        if (moved.Count == 0)
        {
            return;
        }

        var similar = new SimilarWords(context, options, options.ClassifierK, flagLists: false);
        var words = similar.Of(sides.Compared(writes: false), rows, Similarity.Dot);
        var table = context.Results.Table<ClassifierWord>("classifier", groupBy: 1, options.Unasked("LargeNorm", "HighBias"));
        foreach (var row in rows.Rows == 2 ? moved.OrderDescending() : moved.Order())
        {
            var label = rows.Rows == 2 ? row == 1 ? "positive" : "negative" : $"{row}";
            foreach (var (rank, id) in words[row].Ids.Index())
            {
                table.Add(new ClassifierWord(label, rank + 1, context.Model.Token(id), words[row].Scores[rank], similar.IsLargeNorm(id), similar.IsHighBias(words[row])));
            }
        }
    }

    /// <summary>One row a class, and those that are worth listing: of a difference the rows that moved.</summary>
    private static (Matrix Rows, List<int> Moved) ClassifierRows(Model original, Model tuned)
    {
        var after = tuned.Weight("classifier.W").AsMatrix().Transpose();
        if (!original.HasWeight("classifier.W"))
        {
            return (after, [.. Enumerable.Range(0, after.Rows)]);
        }

        var before = original.Weight("classifier.W").AsMatrix().Transpose();
        if (before.Rows != after.Rows)
        {
            throw new UsageException($"finetune-diff compares two states of one model: the classifier of '{original.Config.Name}' has {before.Rows} classes, that of '{tuned.Config.Name}' {after.Rows}.");
        }

        var delta = Difference(after, before, out var norms);
        return (delta, [.. Enumerable.Range(0, norms.Length).Where(row => norms[row] > 0)]);
    }

    private static void Report(AnalysisContext context, FinetuneDiffOptions options, List<ChangedVector> changed, string where)
    {
        if (changed.Count == 0)
        {
            context.Results.Note($"the two models are identical {where}: nothing to show");
            return;
        }

        var table = context.Results.Table<ChangedVector>("changed");
        var rank = 0;
        foreach (var vector in changed.OrderByDescending(vector => vector.Norm).Take(options.Changed))
        {
            table.Add(vector with { Rank = ++rank });
        }
    }
}

/// <summary>A vector that fine-tuning moved.</summary>
/// <param name="Rank">1 = moved farthest.</param>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Neuron, or head times d_head plus dimension.</param>
/// <param name="Norm">Length of the difference.</param>
public sealed record ChangedVector(int Rank, string Group, int Layer, int Index, double Norm);

/// <summary>What happened to a parameter group in a layer.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Moved">Vectors that changed.</param>
/// <param name="MeanNorm">Mean length of their differences.</param>
/// <param name="LexiconShare">Mean share of lexicon words among the top words of the difference or its negation, the better of the two.</param>
/// <param name="OriginalShare">The same for the original vectors and their negations: the baseline.</param>
/// <param name="Good">Vectors whose share reaches --good.</param>
public sealed record GroupChange(string Group, int Layer, int Moved, double MeanNorm, double LexiconShare, double OriginalShare, int Good);

/// <summary>One rank of the two lists of a difference.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Neuron, or head times d_head plus dimension.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Diff">Token of tuned - original.</param>
/// <param name="DiffScore">Its product.</param>
/// <param name="Negative">Token of original - tuned.</param>
/// <param name="NegativeScore">Its product; compared as the note says.</param>
/// <param name="DiffLargeNorm">With <c>--flags</c>: whether the token of the difference has a large norm.</param>
/// <param name="NegativeLargeNorm">With <c>--flags</c>: whether that of its negation has.</param>
/// <param name="DiffHighBias">With <c>--flags</c>: whether the list of the difference is made of tokens with a high bias in the logits.</param>
/// <param name="NegativeHighBias">With <c>--flags</c>: whether that of its negation is.</param>
public sealed record DiffWord(
    string Group, int Layer, int Index, int Rank, Token Diff, double DiffScore, Token Negative, double NegativeScore,
    bool? DiffLargeNorm = null, bool? NegativeLargeNorm = null, bool? DiffHighBias = null, bool? NegativeHighBias = null);

/// <summary>One rank of a classifier's row, or of its difference where both models have a classifier.</summary>
/// <param name="Label"><c>positive</c> or <c>negative</c> of two classes, else the class's number.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">A token of the row's list.</param>
/// <param name="Score">Its product with the row; compared as the note says.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the list is made of tokens with a high bias in the logits.</param>
public sealed record ClassifierWord(string Label, int Rank, Token Token, double Score, bool? LargeNorm = null, bool? HighBias = null);
